// Seeded mutations of good requests through every decoder: the same run every time.
#include "stratus/wire/protocol_fuzz.h"

#include <gtest/gtest.h>

#include <random>

namespace stratus::wire::vectors {
namespace {

constexpr int kRounds = 6'000;
constexpr std::size_t kLongest = 4'096;

constexpr const char* kSink =
    R"({"text":"abc \"\u00e9\" xyz","integer":1234,"wide":-1234567890123456789,"number":1234.5,"flag":true,"blob":"YmluYXJ5LXZhbHVl",)"
    R"("time":946845296.123,"strings":["abc",""],"nested":[["foo","bar"],[]],"times":[1],"map":{"abc":"xyz"},"lists":{"k":["v"]},)"
    R"("greetings":{"k":{"hi":"x"}},"pair":{"value":"1","other":"2"},"empty":{},"recursive":[{"recursive":[{"integer":3}]}]})";

std::vector<std::string> seeds(aws::Protocol protocol) {
  switch (protocol) {
    case aws::Protocol::json:
    case aws::Protocol::rest_json:
      return {kSink, R"({"number":"NaN","time":"2000-01-02T20:34:56Z"})", "{}"};
    case aws::Protocol::cbor:
      return {encoded<Sink>(protocol, kSink).body, encoded<Sink>(protocol, R"({"number":"NaN"})").body, "\xbf\xff"};
    case aws::Protocol::query:
      return {
          "Action=Op&Foo=a%20b&Bam=10&Boo=10.8&Baz=true&Qux=dmFsdWU%3D&NormalFormat=2015-01-25T08%3A00%3A00Z&"
          "EpochMember=1422172800",
          "ListArg.member.1=foo&ListArg.member.22=bar&ComplexListArg.member.1.hi=hello&FlattenedListArg.1=A&"
          "ListArgWithXmlNameMember.item.1=A&Hi.1=A",
          "MapArg.entry.1.key=foo&MapArg.entry.1.value=Foo&KVP.1.K=foo&KVP.1.V=Foo&MapOfLists.entry.1.key=foo&"
          "MapOfLists.entry.1.value.member.1=A",
          "Again.member.1.Again.member.1.Foo=deep&Nested.hi=x&NestedList.member.1.member.1=a"};
    case aws::Protocol::ec2:
      return {"Action=Op&Foo=val1&Baz=false&Bam=10&Boo=10.8&A=Hi&B=Hi&C=Hi&NormalFormat=2015-01-25T08%3A00%3A00Z",
              "ListArg.1=foo&ListArg.2=bar&ComplexListArg.1.Hi=hello&Hi.1=A&Again.1.Again.1.Foo=x&Nested.Hi=x"};
    case aws::Protocol::rest_xml:
      return {
          "<Xml "
          "test=\"t&amp;\"><foo>hi</foo><number>5</number><list><member>a</member></list><flattenedList>hi</"
          "flattenedList></Xml>",
          "<Hello><nested><member><member>foo</member></member></nested><myStructureList><item><value>1</value></"
          "item></myStructureList></Hello>",
          "<Xml><myMap><entry><Attribute>foo</Attribute><Setting><hi>there</hi></Setting></entry></myMap><KVP><K>a</"
          "K><V>A</V></KVP>"
          "<time>2014-04-29T18:30:38Z</time><http_date>Tue, 29 Apr 2014 18:30:38 GMT</http_date></Xml>",
          "Mon, 16 Dec 2019 23:48:18 GMT, 1, 2, true", "q=x&l=1&l=2&t=2015-01-25T08:00:00Z"};
  }
  return {};
}

class Mutator {
 public:
  Mutator(std::uint32_t seed, std::vector<std::string> seeds) : random_(seed), seeds_(std::move(seeds)) {}

  std::string next() {
    std::string text = seeds_[below(seeds_.size())];
    for (std::size_t i = below(6); i != 0; --i) change(text);
    if (text.size() > kLongest) text.resize(kLongest);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change(std::string& text) {
    static const std::vector<std::string> tokens = {"0",           "-1",        "999999999999999999999",
                                                    "2147483648",  "NaN",       "1e999",
                                                    ".member.1",   ".1",        "=",
                                                    "&",           "%00",       "%FF",
                                                    "null",        "[",         "{",
                                                    "\"",          "\\u0000",   "<",
                                                    "/>",          "&#0;",      "&a;",
                                                    "<!--",        "<![CDATA[", "\xff",
                                                    "\xf6",        "\x9f",      "\xbf",
                                                    "\x7f",        "\xc1",      "\xfb",
                                                    "\r\n",        ",",         "\xef\xbf\xbe",
                                                    "\xed\xa0\x80"};
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(text.size() - at, 32) + 1);
    switch (below(7)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(random_());
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, text.substr(at, length));
        break;
      case 4:
        text.insert(at, tokens[below(tokens.size())]);
        break;
      case 5:
        text.replace(at, length, tokens[below(tokens.size())]);
        break;
      default: {
        const std::string& other = seeds_[below(seeds_.size())];
        text = text.substr(0, at) + other.substr(below(other.size() + 1));
      }
    }
  }

  std::mt19937 random_;
  const std::vector<std::string> seeds_;
};

class EveryDecoder : public testing::TestWithParam<aws::Protocol> {};

TEST_P(EveryDecoder, RefusesOrReadsWhateverItIsGiven) {
  Mutator mutator(20'240'131U + static_cast<std::uint32_t>(GetParam()), seeds(GetParam()));
  int good = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string input = mutator.next();
    SCOPED_TRACE(testing::PrintToString(input));
    ASSERT_NO_THROW(good += fuzz_one(GetParam(), input) ? 1 : 0);
  }
  // Mutations that all fail, or never do, would prove nothing.
  EXPECT_GT(good, kRounds / 20);
  EXPECT_LT(good, kRounds * 19 / 20);
}

TEST_P(EveryDecoder, ReadsEachSeedsBeginningsWithoutReadingPastTheEnd) {
  for (const auto& seed : seeds(GetParam()))
    for (std::size_t size = 0; size <= seed.size(); ++size) {
      // A buffer of exactly this size, so that a sanitizer sees one byte too many.
      const std::vector<char> exact(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_NO_THROW(fuzz_one(GetParam(), {exact.data(), exact.size()})) << size << " bytes of " << seed;
    }
}

std::string name_of(const testing::TestParamInfo<aws::Protocol>& protocol) {
  constexpr const char* kNames[] = {"Json", "Query", "Ec2", "RestXml", "Cbor", "RestJson"};
  return kNames[static_cast<int>(protocol.param)];
}

INSTANTIATE_TEST_SUITE_P(Protocols, EveryDecoder, testing::ValuesIn(kProtocols), name_of);

}  // namespace
}  // namespace stratus::wire::vectors
