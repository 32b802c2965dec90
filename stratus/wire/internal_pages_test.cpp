#include "stratus/wire/internal_pages.h"

#include <gtest/gtest.h>

#include "stratus/wire/audit.h"
#include "stratus/wire/refusals.h"

namespace stratus::wire {
namespace {

HttpRequest request(const std::string& method, const std::string& target,
                    std::map<std::string, std::string> headers = {{"host", "127.0.0.1:4566"}},
                    const std::string& peer = "127.0.0.1") {
  HttpRequest out;
  out.method = method;
  out.target = target;
  out.headers = std::move(headers);
  out.peer = peer;
  return out;
}

TEST(InternalPages, are_for_programs_on_this_machine_only) {
  struct Case {
    const char* name;
    HttpRequest request;
    bool wanted;
  };
  const Case cases[] = {
      {"curl", request("GET", "/"), true},
      {"by name", request("GET", "/", {{"host", "localhost:4566"}}), true},
      {"over IPv6", request("GET", "/", {{"host", "[::1]:4566"}}, "::1"), true},
      {"the console's own page",
       request("POST", "/",
               {{"host", "localhost:4566"}, {"origin", "http://localhost:4566"}, {"sec-fetch-site", "same-origin"}}),
       true},
      {"another machine", request("GET", "/", {{"host", "127.0.0.1:4566"}}, "10.0.0.9"), false},
      {"a page of another site", request("POST", "/", {{"host", "127.0.0.1:4566"}, {"origin", "https://example.com"}}),
       false},
      {"a page of another port",
       request("POST", "/", {{"host", "127.0.0.1:4566"}, {"origin", "http://127.0.0.1:8080"}}), false},
      {"an image in a page of another site",
       request("GET", "/", {{"host", "127.0.0.1:4566"}, {"sec-fetch-site", "cross-site"}}), false},
      {"a name that resolves to loopback", request("GET", "/", {{"host", "evil.example.com:4566"}}), false},
      {"a name that only begins like loopback", request("GET", "/", {{"host", "127.0.0.1.example.com"}}), false},
      {"no name", request("GET", "/", {}), false},
  };
  for (const auto& c : cases) EXPECT_EQ(from_this_machine(c.request), c.wanted) << c.name;
}

TEST(InternalPages, are_found_by_path_and_those_with_a_slash_take_all_below) {
  InternalPages pages;
  const auto saying = [](const std::string& word) {
    return [word](const HttpRequest&, const std::function<void(HttpReply)>& reply) {
      HttpReply out;
      out.body = word;
      reply(std::move(out));
    };
  };
  pages.add("GET", "health", saying("health"));
  pages.add("GET", "console/", saying("console"));
  const auto get = [&](const std::string& method, const std::string& target) {
    std::string out;
    pages.serve(request(method, target),
                [&](const HttpReply& reply) { out = reply.status == 200 ? reply.body : std::to_string(reply.status); });
    return out;
  };
  EXPECT_EQ(get("GET", "/_stratus/health"), "health");
  EXPECT_EQ(get("GET", "/_stratus/health?verbose"), "health");
  EXPECT_EQ(get("POST", "/_stratus/health"), "404");
  EXPECT_EQ(get("GET", "/_stratus/health/x"), "404");
  EXPECT_EQ(get("GET", "/_stratus/console/assets/a.js"), "console");
  EXPECT_EQ(get("GET", "/_stratus/console/"), "console");
  EXPECT_EQ(get("GET", "/_stratus/"), "404");
}

TEST(Audit, hides_secrets_at_any_depth) {
  EXPECT_EQ(
      without_secrets(R"({"name":"n","SecretString":"s","a":[{"secretAccessKey":"k","id":"i"}]})"),
      R"({"name":"n","SecretString":"HIDDEN_DUE_TO_SECURITY_REASONS","a":[{"secretAccessKey":"HIDDEN_DUE_TO_SECURITY_REASONS","id":"i"}]})");
  EXPECT_EQ(without_secrets(R"({"secretId":"x"})"), R"({"secretId":"x"})");
  EXPECT_TRUE(is_read_only("DescribeVpcs"));
  EXPECT_FALSE(is_read_only("CreateVpc"));
}

TEST(Refusals, are_worded_as_each_family_words_them) {
  const aws::ServiceModel s3{.name = "s3", .protocol = aws::Protocol::rest_xml},
      other{.name = "other", .protocol = aws::Protocol::json};
  const auto code = [&](const char* what, aws::Protocol protocol, const char* service = "other") {
    Route route;
    route.service = std::string_view(service) == "s3" ? &s3 : &other;
    route.protocol = protocol;
    route.operation_name = "Act";
    return worded(aws::Error(what, 403, "why"), route).code;
  };
  EXPECT_EQ(code(kUnknownKey, aws::Protocol::json), "UnrecognizedClientException");
  EXPECT_EQ(code(kUnknownKey, aws::Protocol::query), "InvalidClientTokenId");
  EXPECT_EQ(code(kUnknownKey, aws::Protocol::ec2), "AuthFailure");
  EXPECT_EQ(code(kUnknownKey, aws::Protocol::rest_xml, "s3"), "InvalidAccessKeyId");
  EXPECT_EQ(code(kNotAuthorized, aws::Protocol::json), "AccessDeniedException");
  EXPECT_EQ(code(kNotAuthorized, aws::Protocol::query), "AccessDenied");
  EXPECT_EQ(code(kNotAuthorized, aws::Protocol::ec2), "UnauthorizedOperation");
  EXPECT_EQ(code("ExpiredToken", aws::Protocol::json), "ExpiredTokenException");
  EXPECT_EQ(code("ExpiredToken", aws::Protocol::query), "ExpiredToken");
  EXPECT_EQ(code("SignatureDoesNotMatch", aws::Protocol::json), "InvalidSignatureException");
  EXPECT_EQ(code("SignatureDoesNotMatch", aws::Protocol::rest_xml, "s3"), "SignatureDoesNotMatch");
  EXPECT_EQ(code("RequestEntityTooLarge", aws::Protocol::rest_xml, "s3"), "EntityTooLarge");
  EXPECT_EQ(code("NoSuchEntity", aws::Protocol::query), "NoSuchEntity");
  EXPECT_EQ(code(kUnknownKey, aws::Protocol::rest_json), "UnrecognizedClientException");
  EXPECT_EQ(code(kUnknownOperation, aws::Protocol::rest_json), "UnknownOperationException");
  EXPECT_EQ(code(kNotAuthorized, aws::Protocol::rest_json), "AccessDeniedException");
  EXPECT_EQ(code("SignatureDoesNotMatch", aws::Protocol::rest_json), "InvalidSignatureException");
}

}  // namespace
}  // namespace stratus::wire
