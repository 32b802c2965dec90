// What requests are refused for, in the words of each family of services.
#include "stratus/wire/validate.h"

#include <gtest/gtest.h>

#include "stratus/models/ec2.h"
#include "stratus/models/ecs.h"
#include "stratus/models/iam.h"
#include "stratus/models/route53.h"
#include "stratus/models/s3.h"
#include "stratus/wire/protocol_test_shapes.h"
#include "stratus/wire/validate_pattern.h"

namespace stratus::wire::vectors {
namespace {

constexpr std::string_view kColours[] = {"red", "green"};
const Constraints kShort{1, 3, nullptr, {}};
const Constraints kWord{std::nullopt, std::nullopt, "[a-z]+", {}};
const Constraints kColour{std::nullopt, std::nullopt, nullptr, kColours};
const Constraints kFew{std::nullopt, 2, nullptr, {}};
const Constraints kPort{1, 65535, nullptr, {}};
const Constraints kElement{1, 3, "[a-z]+", {}};
const Constraints kSecret{1, 4, nullptr, {}};

struct Tag {
  Maybe<std::string> key, value;
  VECTOR_SHAPE(Tag, VECTOR_FIELD(key).wired("Key").must().limited(&kShort), VECTOR_FIELD(value).wired("Value"))
};

struct Create {
  Maybe<std::string> name, word, colour, secret;
  Maybe<std::int32_t> port;
  Maybe<Strings> items;
  Maybe<Strings> few;
  Maybe<std::vector<Tag>> tags;
  Maybe<std::map<std::string, Tag>> named;
  Maybe<Blob> blob;
  VECTOR_SHAPE(Create, VECTOR_FIELD(name).must().limited(&kShort), VECTOR_FIELD(word).limited(&kWord),
               VECTOR_FIELD(colour).limited(&kColour), VECTOR_FIELD(secret).limited(&kSecret),
               VECTOR_FIELD(port).limited(&kPort), VECTOR_FIELD(items).limited(nullptr, &kElement),
               VECTOR_FIELD(few).limited(&kFew), VECTOR_FIELD(tags), VECTOR_FIELD(named),
               VECTOR_FIELD(blob).limited(&kShort))
};

/// "Code: message", or "" where the request passes.
template <class T>
std::string judged(const aws::ServiceModel& model, const T& request) {
  try {
    validate(model, operation<T>("Op"), &request);
    return "";
  } catch (const aws::Error& e) {
    return e.code + ": " + e.message;
  }
}

std::string judged_json(std::string_view json, const char* name = "kms", aws::Protocol protocol = aws::Protocol::json) {
  return judged(service(protocol, name), from_json<Create>(json));
}

TEST(Validation, WhatFitsPasses) {
  EXPECT_EQ(judged_json(R"({"name":"abc","word":"abc","colour":"red","port":65535,"items":["a","abc"],"few":["1","2"],)"
                        R"("tags":[{"Key":"k"}],"named":{"x":{"Key":"k"}},"blob":"YWJj"})"),
            "");
  EXPECT_EQ(judged_json("{\"name\":\"\xC3\xA9\xC3\xA9\xC3\xA9\"}"), "") << "lengths are code points";
}

TEST(Validation, EachDemandHasItsSentence) {
  const std::string one = "ValidationException: 1 validation error detected: ";
  EXPECT_EQ(judged_json("{}"), one + "Value null at 'name' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(
      judged_json(R"({"name":"abcd"})"),
      one + "Value 'abcd' at 'name' failed to satisfy constraint: Member must have length less than or equal to 3");
  EXPECT_EQ(
      judged_json(R"({"name":""})"),
      one + "Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(
      judged_json(R"({"name":"a","word":"a1"})"),
      one +
          "Value 'a1' at 'word' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+");
  EXPECT_EQ(
      judged_json(R"({"name":"a","word":"a\n"})"),
      one +
          "Value 'a\n' at 'word' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+");
  EXPECT_EQ(
      judged_json(R"({"name":"a","colour":"blue"})"),
      one + "Value 'blue' at 'colour' failed to satisfy constraint: Member must satisfy enum value set: [red, green]");
  EXPECT_EQ(
      judged_json(R"({"name":"a","port":0})"),
      one + "Value '0' at 'port' failed to satisfy constraint: Member must have value greater than or equal to 1");
  EXPECT_EQ(
      judged_json(R"({"name":"a","port":65536})"),
      one + "Value '65536' at 'port' failed to satisfy constraint: Member must have value less than or equal to 65535");
  EXPECT_EQ(
      judged_json(R"({"name":"a","few":["1","2","3"]})"),
      one + "Value '[1, 2, 3]' at 'few' failed to satisfy constraint: Member must have length less than or equal to 2");
  EXPECT_EQ(judged_json(R"({"name":"a","items":["ok","toolong","X"]})"),
            one +
                "Value '[ok, toolong, X]' at 'items' failed to satisfy constraint: Member must satisfy constraint: "
                "[Member must have length less than or equal to 3, "
                "Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: "
                "[a-z]+]");
  EXPECT_EQ(judged_json(R"({"name":"a","tags":[{"Key":"k"},{"Value":"v"}]})"),
            one + "Value null at 'tags.2.member.key' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(judged_json(R"({"name":"a","named":{"x":{"Key":"long"}}})"),
            one +
                "Value 'long' at 'named.x.member.key' failed to satisfy constraint: Member must have length less than "
                "or equal to 3");
}

TEST(Validation, SeveralProblemsAreOneSentenceAndNeverWithoutEnd) {
  EXPECT_EQ(judged_json(R"({"name":"abcd","port":0})"),
            "ValidationException: 2 validation errors detected: Value 'abcd' at 'name' failed to satisfy constraint: "
            "Member must have length less than or equal to 3; "
            "Value '0' at 'port' failed to satisfy constraint: Member must have value greater than or equal to 1");
  std::string json = R"({"name":"a","tags":[{})";
  for (int i = 0; i < 5'000; ++i) json += ",{}";
  EXPECT_EQ(judged_json(json + "]}").substr(0, 50), "ValidationException: 10 validation errors detected");
  EXPECT_LT(judged_json(R"({"name":")" + std::string(100'000, 'x') + "\"}").size(), 2'000U);
}

TEST(Validation, EachFamilyOfServicesHasItsCode) {
  for (const auto& [name, protocol, code] : std::vector<std::tuple<const char*, aws::Protocol, std::string>>{
           {"kms", aws::Protocol::json, "ValidationException"},
           {"secretsmanager", aws::Protocol::json, "ValidationException"},
           {"events", aws::Protocol::json, "ValidationException"},
           {"acm", aws::Protocol::json, "ValidationException"},
           {"autoscaling", aws::Protocol::json, "ValidationException"},
           {"logs", aws::Protocol::json, "InvalidParameterException"},
           {"ecs", aws::Protocol::json, "InvalidParameterException"},
           {"iam", aws::Protocol::query, "ValidationError"},
           {"elbv2", aws::Protocol::query, "ValidationError"},
           {"cloudwatch", aws::Protocol::query, "ValidationError"},
           {"sns", aws::Protocol::query, "InvalidParameter"},
           {"route53", aws::Protocol::rest_xml, "InvalidInput"},
       }) {
    const std::string said = judged_json(R"({"name":"abcd"})", name, protocol);
    EXPECT_EQ(said.substr(0, said.find(':')), code) << name;
    EXPECT_NE(said.find("1 validation error detected: Value 'abcd' at 'name'"), std::string::npos) << said;
  }
  EXPECT_EQ(judged_json("{}", "ecs").substr(0, 15), "ClientException");
}

TEST(Validation, EcrNamesOneParameter) {
  EXPECT_EQ(judged_json(R"({"name":""})", "ecr"),
            "InvalidParameterException: Invalid parameter at 'name' failed to satisfy constraint: 'must have length "
            "greater than or equal to 1'");
  EXPECT_EQ(judged_json(R"({"name":"a","word":"X"})", "ecr"),
            "InvalidParameterException: Invalid parameter at 'word' failed to satisfy constraint: 'must satisfy "
            "regular expression '[a-z]+''");
}

TEST(Validation, Ec2NamesTheMissingParameterAndTheRange) {
  EXPECT_EQ(judged(aws::ec2::model(), aws::ec2::CreateSubnetRequest{}),
            "MissingParameter: The request must contain the parameter vpcId");
  aws::ec2::DescribeVpcsRequest request;
  EXPECT_EQ(judged(aws::ec2::model(), request), "");
  request.max_results = 1;
  EXPECT_EQ(
      judged(aws::ec2::model(), request),
      "InvalidParameterValue: Value ( 1 ) for parameter maxResults is invalid. Expecting a value greater than 5.");
  request.max_results = 1001;
  EXPECT_EQ(
      judged(aws::ec2::model(), request),
      "InvalidParameterValue: Value ( 1001 ) for parameter maxResults is invalid. Expecting a value less than 1000.");
  aws::ec2::CreateVpcRequest create;
  create.instance_tenancy = "somewhere";
  EXPECT_EQ(judged(aws::ec2::model(), create), "") << "EC2's enums are for its operations to judge";
}

TEST(Validation, S3SpeaksOfItsXml) {
  aws::s3::CreateBucketRequest request;
  request.bucket = "b";
  EXPECT_EQ(judged(aws::s3::model(), request), "");
  request.create_bucket_configuration.emplace().location_constraint = "the-moon-1";
  EXPECT_EQ(judged(aws::s3::model(), request),
            "InvalidLocationConstraint: The specified location-constraint is not valid");
  aws::s3::PutBucketVersioningRequest versioning;
  versioning.bucket = "b";
  EXPECT_EQ(judged(aws::s3::model(), versioning), "MissingRequestBodyError: Request Body is empty");
  versioning.versioning_configuration.emplace().status = "Sometimes";
  EXPECT_EQ(judged(aws::s3::model(), versioning).substr(0, 12), "MalformedXML");
  versioning.versioning_configuration->status = "Enabled";
  EXPECT_EQ(judged(aws::s3::model(), versioning), "");
}

TEST(Validation, IamsPatternsCount) {
  aws::iam::CreateRoleRequest request;
  request.role_name = "role";
  request.assume_role_policy_document = "{}";
  request.path = "/service/";
  EXPECT_EQ(judged(aws::iam::model(), request), "");
  request.path = "no-slash";
  EXPECT_NE(judged(aws::iam::model(), request)
                .find("ValidationError: 1 validation error detected: Value 'no-slash' at 'path'"),
            std::string::npos);
  request.path = "/";
  request.description = "\xE2\x82\xAC";  // above U+00FF, which a description may not hold
  EXPECT_NE(judged(aws::iam::model(), request).find("at 'description'"), std::string::npos);
}

struct PutSecretValue {
  Maybe<std::string> text;
  static const Shape& shape() {
    using Self = PutSecretValue;
    static const std::vector<Member> members = [] {
      Member member = VECTOR_FIELD(text).limited(&kSecret);
      member.name = "SecretString";
      return std::vector<Member>{member};
    }();
    static const Shape shape = shape_detail::structure<Self>("PutSecretValue", members);
    return shape;
  }
};

TEST(Validation, ASecretIsNotRepeated) {
  EXPECT_EQ(judged(service(aws::Protocol::json, "secretsmanager"), PutSecretValue{"hunter2"}),
            "ValidationException: 1 validation error detected: Value at 'secretString' failed to satisfy constraint: "
            "Member must have length less than or equal to 4");
}

TEST(Patterns, JavasSpellingsAreTranslated) {
  EXPECT_EQ(to_pcre("(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"), "(\\x{2F})|(\\x{2F}[\\x{21}-\\x{7E}]+\\x{2F})");
  EXPECT_EQ(to_pcre("[\\uD800\\uDC00-\\uDBFF\\uDFFF]"), "[\\x{10000}-\\x{10FFFF}]");
  EXPECT_EQ(to_pcre("\\p{Print}+[\\p{Alnum}_]\\p{L}"), "[\\x20-\\x7E]+[A-Za-z0-9_]\\p{L}");
  EXPECT_EQ(to_pcre("\\\\u0041"), "\\\\u0041") << "an escaped backslash before a u";
  EXPECT_TRUE(
      matches("[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*", "a \xF0\x9F\x98\x80\n"));
  EXPECT_FALSE(matches("[\\u0020-\\u00FF]+", "\xF0\x9F\x98\x80"));
  EXPECT_TRUE(matches("a|b", "b"));
  EXPECT_FALSE(matches("a|b", "ab"));
}

TEST(Patterns, ARefusedPatternAndAnEndlessMatchConstrainNothing) {
  EXPECT_FALSE(pattern_is_known("("));
  EXPECT_TRUE(matches("(", "anything"));
  EXPECT_TRUE(matches("(a|aa)+", std::string(60, 'a') + "!"));
}

/// Every pattern of every member that `shape` reaches.
void each_pattern(const Shape& shape, std::set<const Shape*>& seen, const std::function<void(const char*)>& visit) {
  if (shape.kind == Kind::list || shape.kind == Kind::map) return each_pattern(shape.element(), seen, visit);
  if (shape.kind != Kind::structure || !seen.insert(&shape).second) return;
  for (const Member& member : shape.members) {
    for (const Constraints* c : {member.constraints, member.element_constraints})
      if (c != nullptr && c->pattern != nullptr) visit(c->pattern);
    each_pattern(member.shape(), seen, visit);
  }
}

TEST(Patterns, NoPatternOfTheModelsIsSkipped) {
  std::set<const Shape*> seen;
  int patterns = 0;
  for (const auto* model :
       {&aws::ec2::model(), &aws::ecs::model(), &aws::iam::model(), &aws::s3::model(), &aws::route53::model()})
    for (const auto& operation : model->operations)
      if (operation.input != nullptr)
        each_pattern(operation.input(), seen, [&](const char* pattern) {
          ++patterns;
          EXPECT_TRUE(pattern_is_known(pattern)) << pattern;
        });
  EXPECT_GT(patterns, 50);
}

}  // namespace
}  // namespace stratus::wire::vectors
