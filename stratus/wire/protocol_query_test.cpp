// awsQuery and ec2Query against the facts of Smithy's protocol tests.
#include "stratus/wire/protocol_query.h"

#include <gtest/gtest.h>

#include "stratus/wire/protocol_test_shapes.h"

namespace stratus::wire::vectors {
namespace {

constexpr auto kQuery = aws::Protocol::query;
constexpr auto kEc2 = aws::Protocol::ec2;

struct Case {
  const char* body;
  const char* value;
};

TEST(QueryProtocol, ReadsForms) {
  for (const auto& [body, value] : std::vector<Case>{
           {"Action=Op&Version=2020-01-08&Foo=val1&Bam=10&Boo=10.8&Baz=true",
            R"({"Foo":"val1","Baz":true,"Bam":10,"Boo":10.8})"},
           {"Foo=a%20b%2Bc+d%26%C3%A9", "{\"Foo\":\"a b+c d&\xC3\xA9\"}"},
           {"Foo=", R"({"Foo":""})"},
           {"Qux=dmFsdWU%3D", R"({"Qux":"dmFsdWU="})"},
           {"Boo=NaN", R"({"Boo":"NaN"})"},
           {"Boo=-Infinity", R"({"Boo":"-Infinity"})"},
           {"NormalFormat=2015-01-25T08%3A00%3A00Z&EpochMember=1422172800",
            R"({"NormalFormat":1422172800,"EpochMember":1422172800})"},
           {"ListArg.member.1=foo&ListArg.member.2=bar&ListArg.member.3=baz", R"({"ListArg":["foo","bar","baz"]})"},
           {"ListArg.member.10=j&ListArg.member.9=i&ListArg.member.2=b", R"({"ListArg":["b","i","j"]})"},
           {"ListArg=", R"({"ListArg":[]})"},
           {"ComplexListArg.member.1.hi=hello&ComplexListArg.member.2.hi=hola",
            R"({"ComplexListArg":[{"hi":"hello"},{"hi":"hola"}]})"},
           {"FlattenedListArg.1=A&FlattenedListArg.2=B", R"({"FlattenedListArg":["A","B"]})"},
           {"ListArgWithXmlNameMember.item.1=A&ListArgWithXmlNameMember.item.2=B",
            R"({"ListArgWithXmlNameMember":["A","B"]})"},
           {"Hi.1=A&Hi.2=B", R"({"Hi":["A","B"]})"},
           {"NestedList.member.1.member.1=a&NestedList.member.1.member.2=b&NestedList.member.2.member.1=c",
            R"({"NestedList":[["a","b"],["c"]]})"},
           {"MapArg.entry.1.key=foo&MapArg.entry.1.value=Foo&MapArg.entry.2.key=bar&MapArg.entry.2.value=Bar",
            R"({"MapArg":{"bar":"Bar","foo":"Foo"}})"},
           {"ComplexMapArg.entry.1.key=foo&ComplexMapArg.entry.1.value.hi=Foo",
            R"({"ComplexMapArg":{"foo":{"hi":"Foo"}}})"},
           {"MapWithXmlMemberName.entry.1.K=foo&MapWithXmlMemberName.entry.1.V=Foo",
            R"({"MapWithXmlMemberName":{"foo":"Foo"}})"},
           {"FlattenedMap.1.key=foo&FlattenedMap.1.value=Foo", R"({"FlattenedMap":{"foo":"Foo"}})"},
           {"KVP.1.K=foo&KVP.1.V=Foo&KVP.2.K=bar&KVP.2.V=Bar", R"({"KVP":{"bar":"Bar","foo":"Foo"}})"},
           {"MapOfLists.entry.1.key=foo&MapOfLists.entry.1.value.member.1=A&MapOfLists.entry.1.value.member.2=B",
            R"({"MapOfLists":{"foo":["A","B"]}})"},
           {"Nested.hi=x", R"({"Nested":{"hi":"x"}})"},
           {"Again.member.1.Again.member.1.Foo=deep", R"({"Again":[{"Again":[{"Foo":"deep"}]}]})"},
           {"&&Foo=x&", R"({"Foo":"x"})"},
       }) {
    SCOPED_TRACE(body);
    EXPECT_EQ(decoded_body<Form>(kQuery, body), value);
  }
}

TEST(QueryProtocol, ParametersMayStandInTheUrl) {
  RequestParts parts;
  parts.query = {{"Action", "Op"}, {"Foo", "from the url"}};
  EXPECT_EQ(decoded<Form>(kQuery, parts), R"({"Foo":"from the url"})");
}

TEST(Ec2Protocol, ReadsForms) {
  for (const auto& [body, value] : std::vector<Case>{
           {"Action=Op&Version=2020-01-08&Foo=val1&Baz=false&Bam=10&Boo=10.8",
            R"({"Foo":"val1","Baz":false,"Bam":10,"Boo":10.8})"},
           {"A=Hi", R"({"HasQueryName":"Hi"})"},
           {"B=Hi", R"({"IgnoreMe":"Hi"})"},
           {"C=Hi", R"({"c":"Hi"})"},
           {"NormalFormat=2015-01-25T08%3A00%3A00Z&EpochMember=1422172800",
            R"({"NormalFormat":1422172800,"EpochMember":1422172800})"},
           {"ListArg.1=foo&ListArg.2=bar&ListArg.3=baz&ComplexListArg.1.Hi=hello&ComplexListArg.2.Hi=hola",
            R"({"ListArg":["foo","bar","baz"],"ComplexListArg":[{"hi":"hello"},{"hi":"hola"}]})"},
           {"ListArgWithXmlNameMember.1=A&ListArgWithXmlNameMember.2=B", R"({"ListArgWithXmlNameMember":["A","B"]})"},
           {"Hi.1=A&Hi.2=B", R"({"Hi":["A","B"]})"},
           {"Nested.Hi=x", R"({"Nested":{"hi":"x"}})"},
       }) {
    SCOPED_TRACE(body);
    EXPECT_EQ(decoded_body<Form>(kEc2, body), value);
  }
}

TEST(Ec2Protocol, AListWithoutAnIndexIsItsOnlyElementAndNeverAnEmptyFilter) {
  EXPECT_EQ(decoded_body<Form>(kEc2, "ListArg=vpc-1"), R"({"ListArg":["vpc-1"]})");
}

TEST(QueryProtocol, AHugeIndexCostsNothing) {
  EXPECT_EQ(decoded_body<Form>(kQuery, "ListArg.member.999999999=x"), R"({"ListArg":["x"]})");
  EXPECT_EQ(decoded_body<Form>(kQuery, "ListArg.member.999999999999999999=y&ListArg.member.3=x"),
            R"({"ListArg":["x","y"]})");
  EXPECT_EQ(decoded_body<Form>(kEc2, "ListArg.999999999=x"), R"({"ListArg":["x"]})");
}

TEST(QueryProtocol, AnIndexWithLeadingZerosKeepsItsValue) {
  EXPECT_EQ(decoded_body<Form>(kQuery, "ListArg.member.01=x"), R"({"ListArg":["x"]})");
}

std::string many_elements() {
  std::string body;
  for (int i = 1; i <= 12'000; ++i) body += "ListArg.member." + std::to_string(i) + "=x&";
  return body;
}

std::string deep_form() {
  std::string body;
  for (int i = 0; i < 200; ++i) body += "Again.member.1.";
  return body + "Foo=x";
}

TEST(QueryProtocol, WrongFormsAreRefusedByName) {
  for (const std::string& body : std::vector<std::string>{"Bam=ten",
                                                          "Bam=",
                                                          "Bam=10x",
                                                          "Bam=%2010",
                                                          "Bam=10%00x",
                                                          "Bam=2147483648",
                                                          "Bam=0x10",
                                                          "Boo=1e",
                                                          "Boo=0x1p3",
                                                          "Baz=maybe",
                                                          "Qux=*",
                                                          "NormalFormat=yesterday",
                                                          "ListArg=x",
                                                          "ListArg.1=x",
                                                          "ListArg.member.x=1",
                                                          "Foo.member.1=x",
                                                          "Foo.1=x",
                                                          "Nested=x",
                                                          "ListArg.member.1.deeper=x",
                                                          "MapArg.foo=bar"}) {
    SCOPED_TRACE(body);
    EXPECT_EQ(refusal_of_body<Form>(kQuery, body), "MalformedInput");
  }
  for (const std::string& body :
       {many_elements(), deep_form(), std::string("Foo=%FF"), std::string("Foo=%ED%A0%80"), std::string("%FF=x")}) {
    SCOPED_TRACE(body.substr(0, 40));
    EXPECT_EQ(refusal_of_body<Form>(kQuery, body), "MalformedQueryString");
  }
}

TEST(Ec2Protocol, WrongFormsAreRefusedByName) {
  for (const auto& [body, code] : std::vector<Case>{{"Bam=ten", "InvalidParameterValue"},
                                                    {"Baz=maybe", "InvalidParameterValue"},
                                                    {"NormalFormat=yesterday", "InvalidParameterValue"},
                                                    {"Nested=x", "InvalidParameterValue"},
                                                    {"Foo.1=x", "UnknownParameter"},
                                                    {"ListArg.1.Deeper=x", "UnknownParameter"},
                                                    {"Foo=%FF", "InvalidCharacter"}}) {
    SCOPED_TRACE(body);
    EXPECT_EQ(refusal_of_body<Form>(kEc2, body), code);
  }
}

TEST(QueryProtocol, WritesXmlInsideItsResult) {
  for (const auto& [json, xml] : std::vector<Case>{
           {R"({"Foo":"Hello"})", "<Foo>Hello</Foo>"},
           {R"({"Foo":"<&>\"'"})", "<Foo>&lt;&amp;&gt;&quot;&#39;</Foo>"},
           {"{\"Foo\":\"a\\u0000\\u0001b\\r\\n\xEF\xBF\xBE\"}",
            "<Foo>a\xEF\xBF\xBD\xEF\xBF\xBD"
            "b&#xD;\n\xEF\xBF\xBD</Foo>"},
           {R"({"Baz":true,"Bam":-3,"Boo":1.5})", "<Baz>true</Baz><Bam>-3</Bam><Boo>1.5</Boo>"},
           {R"({"NormalFormat":1398796238,"EpochMember":1398796238})",
            "<NormalFormat>2014-04-29T18:30:38Z</NormalFormat><EpochMember>1398796238</EpochMember>"},
           {R"({"ListArg":["foo","bar"]})", "<ListArg><member>foo</member><member>bar</member></ListArg>"},
           {R"({"ListArg":[]})", "<ListArg></ListArg>"},
           {R"({"ListArgWithXmlNameMember":["foo"]})",
            "<ListArgWithXmlNameMember><item>foo</item></ListArgWithXmlNameMember>"},
           {R"({"FlattenedListArg":["hi","bye"]})",
            "<FlattenedListArg>hi</FlattenedListArg><FlattenedListArg>bye</FlattenedListArg>"},
           {R"({"NestedList":[["foo","bar"],["baz"]]})",
            "<NestedList><member><member>foo</member><member>bar</member></member><member><member>baz</member></"
            "member></NestedList>"},
           {R"({"MapArg":{"foo":"Foo"}})", "<MapArg><entry><key>foo</key><value>Foo</value></entry></MapArg>"},
           {R"({"ComplexMapArg":{"foo":{"hi":"there"}}})",
            "<ComplexMapArg><entry><key>foo</key><value><hi>there</hi></value></entry></ComplexMapArg>"},
           {R"({"MapWithXmlMemberName":{"foo":"x"}})",
            "<MapWithXmlMemberName><entry><K>foo</K><V>x</V></entry></MapWithXmlMemberName>"},
           {R"({"FlattenedMap":{"foo":"Foo"}})", "<FlattenedMap><key>foo</key><value>Foo</value></FlattenedMap>"},
           {R"({"KVP":{"a":"A","b":"B"}})", "<KVP><K>a</K><V>A</V></KVP><KVP><K>b</K><V>B</V></KVP>"},
       }) {
    SCOPED_TRACE(json);
    const auto reply = encoded<Form>(kQuery, json);
    EXPECT_EQ(reply.body,
              "<OpResponse xmlns=\"https://example.com/\"><OpResult>" + std::string(xml) +
                  "</OpResult><ResponseMetadata><RequestId>the-id</RequestId></ResponseMetadata></OpResponse>");
  }
}

TEST(Ec2Protocol, WritesXmlWithoutAResult) {
  const auto reply = encoded<Form>(kEc2, R"({"Foo":"Hello","ListArgWithXmlNameMember":["a"]})");
  EXPECT_EQ(reply.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OpResponse "
            "xmlns=\"https://example.com/\"><requestId>the-id</requestId><Foo>Hello</Foo>"
            "<ListArgWithXmlNameMember><item>a</item></ListArgWithXmlNameMember></OpResponse>");
  EXPECT_EQ(reply.headers.at("Content-Type"), "text/xml;charset=UTF-8");
}

TEST(QueryProtocol, ErrorsSayWhoseFaultItIs) {
  const auto model = service(kQuery);
  aws::Error error("Customized", 402, "Hi <you>");
  error.details["TopLevel"] = "a<b";
  EXPECT_EQ(codec_for(kQuery).error(&model, "foo-id", error).status, 402);
  EXPECT_EQ(
      codec_for(kQuery).error(&model, "foo-id", error).body,
      "<ErrorResponse xmlns=\"https://example.com/\"><Error><Type>Sender</Type><Code>Customized</Code><Message>Hi "
      "&lt;you&gt;</Message>"
      "<TopLevel>a&lt;b</TopLevel></Error><RequestId>foo-id</RequestId></ErrorResponse>");
  const auto fault = codec_for(kQuery).error(nullptr, "foo-id", aws::Error("InternalFailure", 500, "x"));
  EXPECT_NE(fault.body.find("<Type>Receiver</Type>"), std::string::npos);
  EXPECT_EQ(fault.body.find("xmlns"), std::string::npos);
}

TEST(Ec2Protocol, ErrorsStandInAListOfErrors) {
  const auto model = service(kEc2);
  EXPECT_EQ(codec_for(kEc2).error(&model, "foo-id", aws::Error("InvalidGreeting", 400, "Hi")).body,
            "<?xml version=\"1.0\" "
            "encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>InvalidGreeting</Code><Message>Hi</Message></Error></"
            "Errors>"
            "<RequestID>foo-id</RequestID></Response>");
}

}  // namespace
}  // namespace stratus::wire::vectors
