// restJson against the facts of Smithy's protocol tests; what HTTP binds is restXml's too and is tested with it.
#include "stratus/wire/protocol_rest_json.h"

#include <gtest/gtest.h>

#include "stratus/wire/protocol_test_shapes.h"

namespace stratus::wire::vectors {
namespace {

constexpr auto kRest = aws::Protocol::rest_json;

/// As UpdateExperimentTemplate: a label, a query parameter and a body.
struct Mixed {
  Maybe<std::string> id;
  Maybe<std::string> filter;
  Maybe<std::string> token;
  Maybe<std::string> description;
  Maybe<StringMap> tags;
  Maybe<Timestamp> start;
  Maybe<std::int32_t> code;
  VECTOR_SHAPE(Mixed, VECTOR_FIELD(id).at(Location::uri), VECTOR_FIELD(filter).at(Location::querystring),
               VECTOR_FIELD(token).wired("X-Token").at(Location::header), VECTOR_FIELD(description), VECTOR_FIELD(tags),
               VECTOR_FIELD(start), VECTOR_FIELD(code).at(Location::status_code))
};

TEST(RestJsonProtocol, ReadsEachMemberFromItsPlace) {
  RequestParts parts;
  parts.labels = {{"id", "EXT1/x"}};
  parts.query = {{"filter", "a b"}};
  parts.headers = {{"x-token", "t"}};
  parts.body = R"({"description":"d","tags":{"a":"b"},"start":1700000000.5,"unknown":[1]})";
  EXPECT_EQ(
      decoded<Mixed>(kRest, parts),
      R"({"id":"EXT1/x","filter":"a b","X-Token":"t","description":"d","tags":{"a":"b"},"start":1700000000.500})");
}

TEST(RestJsonProtocol, TheBodyDoesNotReachWhatHttpBinds) {
  RequestParts parts;
  parts.labels = {{"id", "right"}};
  parts.body = R"({"id":"wrong","filter":"smuggled","X-Token":"smuggled","description":"d"})";
  EXPECT_EQ(decoded<Mixed>(kRest, parts), R"({"id":"right","description":"d"})");
}

TEST(RestJsonProtocol, WritesStatusHeadersAndBody) {
  const auto reply = encoded<Mixed>(kRest, R"({"id":"1","X-Token":"t","description":"d","tags":{},"code":202})");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.headers.at("X-Token"), "t");
  EXPECT_EQ(reply.headers.at("Content-Type"), "application/json");
  EXPECT_EQ(reply.body, R"({"description":"d","tags":{}})");
  EXPECT_EQ(encoded<Empty>(kRest, "{}").body, "{}");
}

TEST(RestJsonProtocol, AStructureMayBeTheWholeBody) {
  const auto reply = encoded<StructurePayload>(kRest, decoded_body<StructurePayload>(kRest, R"({"foo":"there"})"));
  EXPECT_EQ(reply.body, R"({"foo":"there"})");
}

TEST(RestJsonProtocol, WhatCannotBeReadIsASerializationException) {
  RequestParts parts;
  for (const char* body : {"{", "[]", R"({"description":1})", R"({"start":"soon"})"}) {
    parts.body = body;
    EXPECT_EQ(refusal<Mixed>(kRest, parts), "SerializationException") << body;
  }
  parts.body = {};
  parts.labels = {{"id", "\xff"}};
  EXPECT_EQ(refusal<Mixed>(kRest, parts), "SerializationException");
}

TEST(RestJsonProtocol, ErrorsTellTheirShapeInAHeader) {
  const auto model = service(kRest);
  aws::Error error("ResourceNotFoundException", 404, "no \"x\"");
  error.details["resource"] = "x";
  const auto reply = codec_for(kRest).error(&model, "id-1", error);
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.headers.at("x-amzn-ErrorType"), "ResourceNotFoundException");
  EXPECT_EQ(reply.headers.at("x-amzn-RequestId"), "id-1");
  EXPECT_EQ(reply.body, R"({"message":"no \"x\"","resource":"x"})");
}

}  // namespace
}  // namespace stratus::wire::vectors
