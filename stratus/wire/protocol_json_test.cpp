// awsJson 1.0 and 1.1 against the facts of Smithy's protocol tests.
#include "stratus/wire/protocol_json.h"

#include <gtest/gtest.h>

#include "stratus/wire/protocol_test_shapes.h"

namespace stratus::wire::vectors {
namespace {

constexpr auto kJson = aws::Protocol::json;

TEST(JsonProtocol, ReadsAndWritesEachKindOfValue) {
  for (const char* text : {
           R"({"text":"abc xyz"})",
           R"({"text":"{\"string\":\"value\",\"number\":1234.5,\"null\":null}"})",
           R"({"integer":1234})",
           R"({"wide":1234567890123456789})",
           R"({"number":1234.5})",
           R"({"flag":true})",
           R"({"flag":false})",
           R"({"blob":"YmluYXJ5LXZhbHVl"})",
           R"({"time":946845296})",
           R"({"strings":["abc","mno","xyz"]})",
           R"({"strings":[]})",
           R"({"nested":[["foo","bar"],["baz","qux"]]})",
           R"({"map":{"abc":"xyz","mno":"hjk"}})",
           R"({"map":{}})",
           R"({"lists":{"abc":["abc","xyz"],"mno":["xyz","abc"]}})",
           R"({"greetings":{"key1":{"hi":"value-1"},"key2":{"hi":"value-2"}}})",
           R"({"recursive":[{"recursive":[{"recursive":[{"integer":123}]}]}]})",
           R"({"pair":{"value":"abc","other":"x"}})",
           R"({"empty":{}})",
           R"({})",
       }) {
    SCOPED_TRACE(text);
    EXPECT_EQ(decoded_body<Sink>(kJson, text), text);
    const auto reply = encoded<Sink>(kJson, text);
    EXPECT_EQ(reply.body, text);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.headers.at("Content-Type"), "application/x-amz-json-1.1");
  }
}

TEST(JsonProtocol, AnEmptyBodyIsAnEmptyRequest) { EXPECT_EQ(decoded_body<Sink>(kJson, ""), "{}"); }

TEST(JsonProtocol, NullsAndUnknownMembersAreLeftOut) {
  EXPECT_EQ(decoded_body<Sink>(kJson, R"({"text":null,"unknown":{"deep":[1,{}]},"integer":7})"), R"({"integer":7})");
}

TEST(JsonProtocol, FractionsOfSecondsKeepTheirMilliseconds) {
  EXPECT_EQ(decoded_body<Sink>(kJson, R"({"time":946845296.123})"), R"({"time":946845296.123})");
  EXPECT_EQ(decoded_body<Sink>(kJson, R"({"time":"2000-01-02T20:34:56.123Z"})"), R"({"time":946845296.123})");
}

TEST(JsonProtocol, NumbersThatJsonDoesNotKnowTravelAsStrings) {
  for (const char* text : {R"({"number":"NaN"})", R"({"number":"Infinity"})", R"({"number":"-Infinity"})"}) {
    EXPECT_EQ(decoded_body<Sink>(kJson, text), text);
  }
}

TEST(JsonProtocol, BrokenInputIsASerializationException) {
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  const std::string deep_known = [] {
    std::string text;
    for (int i = 0; i < 5'000; ++i) text += R"({"recursive":[)";
    return text;
  }();
  const std::string bomb = R"({"recursive":[{})" + [] {
    std::string text;
    for (int i = 0; i < 300'000; ++i) text += ",{}";
    return text;
  }() + "]}";
  for (const std::string& text : std::vector<std::string>{"{",
                                                          "nonsense",
                                                          "[]",
                                                          "\"x\"",
                                                          "null",
                                                          "{} trailing",
                                                          R"({"text":1})",
                                                          R"({"integer":"1"})",
                                                          R"({"integer":1.5})",
                                                          R"({"integer":2147483648})",
                                                          R"({"flag":"true"})",
                                                          R"({"blob":"*"})",
                                                          R"({"time":"yesterday"})",
                                                          R"({"time":1e300})",
                                                          R"({"strings":{}})",
                                                          R"({"strings":[null]})",
                                                          R"({"map":[]})",
                                                          R"({"pair":[]})",
                                                          "{\"text\":\"\xff\"}",
                                                          R"({"text":"\ud800"})",
                                                          deep,
                                                          deep_known,
                                                          bomb}) {
    SCOPED_TRACE(text.substr(0, 60));
    EXPECT_EQ(refusal_of_body<Sink>(kJson, text), "SerializationException");
  }
}

TEST(JsonProtocol, AnErrorNamesItsTypeInBodyAndHeader) {
  aws::Error error("ComplexError", 400, "Say \"hi\"");
  error.details["TopLevel"] = "Top level";
  const auto model = service(kJson);
  const auto reply = codec_for(kJson).error(&model, "the-id", error);
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, R"({"__type":"ComplexError","message":"Say \"hi\"","TopLevel":"Top level"})");
  EXPECT_EQ(reply.headers.at("x-amzn-ErrorType"), "ComplexError");
  EXPECT_EQ(reply.headers.at("x-amzn-RequestId"), "the-id");
  EXPECT_EQ(codec_for(kJson).error(nullptr, "the-id", error).headers.at("Content-Type"), "application/x-amz-json-1.1");
}

}  // namespace
}  // namespace stratus::wire::vectors
