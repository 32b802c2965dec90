#include "stratus/services/iam/policy.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace stratus::services::iam {
namespace {

struct Case {
  const char* name;
  const char* statement;
  Request request;
  Decision wanted;
};

TEST(Policy, decides_as_the_evaluation_logic_says) {
  const Request read{"s3:GetObject",
                     "arn:aws:s3:::b/k",
                     "",
                     {{"aws:sourceip", {"10.1.2.3"}}, {"aws:username", {"ann"}}, {"s3:prefix", {"a", "b"}}}};
  const Case cases[] = {
      {"an exact allow", R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"})", read,
       Decision::allow},
      {"actions ignore case and take wildcards",
       R"({"Effect":"Allow","Action":"S3:get*","Resource":"arn:aws:s3:::b/*"})", read, Decision::allow},
      {"another resource", R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::c/*"})", read,
       Decision::implicit_deny},
      {"NotAction", R"({"Effect":"Allow","NotAction":"iam:*","Resource":"*"})", read, Decision::allow},
      {"NotResource", R"({"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/*"})", read,
       Decision::implicit_deny},
      {"a deny wins",
       R"({"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:Get*","Resource":"*"})", read,
       Decision::explicit_deny},
      {"an address inside",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}})",
       read, Decision::allow},
      {"an address outside",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.168.0.0/16"}}})",
       read, Decision::implicit_deny},
      {"a variable",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:username":"${aws:username}"}}})",
       read, Decision::allow},
      {"a missing key does not hold",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:other":"x"}}})", read,
       Decision::implicit_deny},
      {"a missing key holds with IfExists",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEqualsIfExists":{"aws:other":"x"}}})", read,
       Decision::allow},
      {"Null true", R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:other":"true"}}})", read,
       Decision::allow},
      {"any value",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"s3:prefix":"b"}}})",
       read, Decision::allow},
      {"all values",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"s3:prefix":"b"}}})",
       read, Decision::implicit_deny},
      {"all values of a list",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"s3:prefix":["a","b","c"]}}})",
       read, Decision::allow},
  };
  for (const auto& c : cases) {
    const std::string document = std::string(R"({"Version":"2012-10-17","Statement":[)") + c.statement + "]}";
    EXPECT_EQ(Policy(document).decide(c.request), c.wanted) << c.name;
  }
}

TEST(Policy, trust_names_principals) {
  const Policy trust(
      R"({"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"},
                        {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole"}]})",
      true);
  EXPECT_EQ(trust.decide({"sts:AssumeRole", "r", "ecs-tasks.amazonaws.com", {}}), Decision::allow);
  EXPECT_EQ(trust.decide({"sts:AssumeRole", "r", "ec2.amazonaws.com", {}}), Decision::implicit_deny);
  EXPECT_EQ(trust.decide({"sts:AssumeRole", "r", "arn:aws:iam::111111111111:user/ann", {}}), Decision::allow);
  EXPECT_EQ(trust.decide({"sts:AssumeRole", "r", "arn:aws:iam::222222222222:user/ann", {}}), Decision::implicit_deny);
}

TEST(Policy, a_resource_tells_whether_it_names_the_caller) {
  const char* document =
      R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"},
                       {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/ann"},"Action":"kms:Encrypt","Resource":"*"}]})";
  const std::string ann = "arn:aws:iam::111111111111:user/ann";
  EXPECT_TRUE(judge_resource(document, {"kms:Encrypt", "k", ann, {}}).alone);
  const auto account_only = judge_resource(document, {"kms:Decrypt", "k", ann, {}});
  EXPECT_EQ(account_only.decision, Decision::allow);
  EXPECT_FALSE(account_only.alone);
  EXPECT_EQ(judge_resource(document, {"kms:Encrypt", "k", "arn:aws:iam::222222222222:user/ann", {}}).decision,
            Decision::implicit_deny);
}

TEST(Policy, broken_documents_are_refused) {
  for (const char* broken :
       {"", "{", "[]", "{}", R"({"Statement":[{"Effect":"Maybe","Action":"s3:*","Resource":"*"}]})",
        R"({"Statement":[{"Effect":"Allow","Resource":"*"}]})",
        R"({"Statement":[{"Effect":"Allow","Action":"s3","Resource":"*"}]})",
        R"({"Statement":[{"Effect":"Allow","Action":"s3:*"}]})",
        R"({"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Odd":{"a":"b"}}}]})",
        R"({"Statement":[{"Effect":"Allow","Action":"s3:s3:x","Resource":"*"}]})",
        R"({"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:odd:s3:::b"}]})",
        R"({"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:us-east-1::b"}]})",
        R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]})"})
    EXPECT_THROW(Policy{broken}, std::invalid_argument) << broken;
}

}  // namespace
}  // namespace stratus::services::iam
