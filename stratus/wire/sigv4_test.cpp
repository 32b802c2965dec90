#include "stratus/wire/sigv4.h"

#include <gtest/gtest.h>

#include <functional>

#include "stratus/core/crypto.h"
#include "stratus/core/error.h"

namespace stratus::wire {
namespace {

constexpr const char* kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const aws::Error& e) {
    return e.code;
  }
  return "";
}

Timestamp at(const char* text) {
  Timestamp out;
  EXPECT_TRUE(parse_basic_iso8601(text, out)) << text;
  return out;
}

/// Credentials, time and scope of the suite that AWS publishes.
Credential suite_credential() {
  return {.secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", .session_token = "", .expires = {}, .identity = {}};
}
const Timestamp kSuiteTime = at("20150830T123600Z");

SignedRequest suite_request(const std::string& method, const std::string& path, const std::string& query,
                            std::map<std::string, std::string> headers, const std::string& body,
                            const std::string& signed_headers, const std::string& signature) {
  SignedRequest out{method, path, query, std::move(headers), crypto::sha256_hex(body)};
  out.headers["host"] = "example.amazonaws.com";
  out.headers["x-amz-date"] = "20150830T123600Z";
  out.headers["authorization"] =
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
      signed_headers + ", Signature=" + signature;
  return out;
}

SignedRequest vanilla() {
  return suite_request("GET", "/", "", {}, "", "host;x-amz-date",
                       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

std::string verdict(const SignedRequest& request, Timestamp now = kSuiteTime,
                    const Credential& credential = suite_credential()) {
  return code_of([&] {
    const auto authorization = parse_authorization(request);
    if (!authorization) throw aws::Error("none", 0, "");
    verify(*authorization, request, credential, now);
    verify_payload(*authorization, request);
  });
}

TEST(SigV4, accepts_the_requests_of_the_published_suite_and_none_with_another_body) {
  struct Case {
    const char* name;
    SignedRequest request;
  };
  const std::string plain = "host;x-amz-date",
                    vanilla_signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
  const Case cases[] = {
      {"get-vanilla", vanilla()},
      {"get-relative", suite_request("GET", "/example/..", "", {}, "", plain, vanilla_signature)},
      {"get-relative-relative", suite_request("GET", "/example1/example2/../..", "", {}, "", plain, vanilla_signature)},
      {"get-slash", suite_request("GET", "//", "", {}, "", plain, vanilla_signature)},
      {"get-slash-dot-slash", suite_request("GET", "/./", "", {}, "", plain, vanilla_signature)},
      {"get-vanilla-query-order-key-case",
       suite_request("GET", "/", "Param2=value2&Param1=value1", {}, "", plain,
                     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")},
      {"get-vanilla-utf8-query", suite_request("GET", "/", "%E1%88%B4=bar", {}, "", plain,
                                               "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04")},
      {"get-utf8", suite_request("GET", "/\xe1\x88\xb4", "", {}, "", plain,
                                 "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85")},
      {"get-unreserved",
       suite_request("GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", {}, "", plain,
                     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f")},
      {"get-header-value-trim",
       suite_request("GET", "/", "", {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}}, "",
                     "host;my-header1;my-header2;x-amz-date",
                     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736")},
      {"post-vanilla", suite_request("POST", "/", "", {}, "", plain,
                                     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")},
      {"post-x-www-form-urlencoded",
       suite_request("POST", "/", "", {{"content-type", "application/x-www-form-urlencoded"}}, "Param1=value1",
                     "content-type;host;x-amz-date",
                     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(verdict(c.request), "") << c.name;
    SignedRequest changed = c.request;
    changed.body_sha256 = crypto::sha256_hex("another body");
    EXPECT_EQ(verdict(changed), "SignatureDoesNotMatch") << c.name;
  }
}

TEST(SigV4, canonicalises_as_the_suite_writes_it) {
  const SignedRequest request =
      suite_request("GET", "/", "Param2=value2&Param1=value1", {}, "", "host;x-amz-date", "0");
  const auto authorization = *parse_authorization(request);
  const std::string canonical = canonical_request(authorization, request);
  EXPECT_EQ(canonical, std::string("GET\n/"
                                   "\nParam1=value1&Param2=value2\nhost:example.amazonaws.com\nx-amz-date:"
                                   "20150830T123600Z\n\nhost;x-amz-date\n") +
                           kEmpty);
  EXPECT_EQ(string_to_sign(authorization, canonical),
            "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/"
            "aws4_request\n816cd5b414d056048ba4f7c5386d6e0533120fb1fcfa93762cf0fc39e2cf19e0");
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
const Credential kS3Credential{
    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", .session_token = "", .expires = {}, .identity = {}};

TEST(SigV4, accepts_the_examples_of_s3s_manual) {
  SignedRequest get{"GET", "/test.txt", "", {}, kEmpty};
  get.headers = {{"host", "examplebucket.s3.amazonaws.com"},
                 {"range", "bytes=0-9"},
                 {"x-amz-content-sha256", kEmpty},
                 {"x-amz-date", "20130524T000000Z"},
                 {"authorization",
                  "AWS4-HMAC-SHA256 "
                  "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                  "aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                  "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"}};
  EXPECT_EQ(verdict(get, at("20130524T000100Z"), kS3Credential), "");
  get.body_sha256 = crypto::sha256_hex("x");
  EXPECT_EQ(verdict(get, at("20130524T000100Z"), kS3Credential), "XAmzContentSHA256Mismatch");

  const SignedRequest presigned{"GET",
                                "/test.txt",
                                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%"
                                "2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date="
                                "20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
                                "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
                                {{"host", "examplebucket.s3.amazonaws.com"}},
                                kEmpty};
  EXPECT_EQ(verdict(presigned, at("20130524T230000Z"), kS3Credential), "");
  EXPECT_EQ(verdict(presigned, at("20130525T000001Z"), kS3Credential), "AccessDenied");
  SignedRequest with_acl = presigned;
  with_acl.headers["x-amz-acl"] = "public-read";
  EXPECT_EQ(verdict(with_acl, at("20130524T230000Z"), kS3Credential), "AccessDenied");
}

TEST(SigV4, refuses_wrong_secrets_old_dates_and_unsigned_headers) {
  EXPECT_EQ(verdict(vanilla(), kSuiteTime + std::chrono::minutes(14)), "");
  EXPECT_EQ(verdict(vanilla(), kSuiteTime + std::chrono::minutes(16)), "SignatureDoesNotMatch");
  EXPECT_EQ(verdict(vanilla(), kSuiteTime - std::chrono::minutes(16)), "SignatureDoesNotMatch");
  Credential other = suite_credential();
  other.secret += "x";
  EXPECT_EQ(verdict(vanilla(), kSuiteTime, other), "SignatureDoesNotMatch");
  SignedRequest changed = vanilla();
  changed.headers["x-amz-target"] = "Service.Delete";
  EXPECT_EQ(verdict(changed), "SignatureDoesNotMatch");
  changed = vanilla();
  changed.method = "DELETE";
  EXPECT_EQ(verdict(changed), "SignatureDoesNotMatch");
}

TEST(SigV4, takes_an_unsigned_payload_from_s3_only) {
  SignedRequest request = vanilla();
  request.body_sha256 = crypto::sha256_hex("what was sent");
  request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
  EXPECT_EQ(parse_authorization(request)->payload_hash, request.body_sha256);
  request.headers["authorization"].replace(request.headers["authorization"].find("/service/"), 9, "/s3/");
  EXPECT_EQ(parse_authorization(request)->payload_hash, "UNSIGNED-PAYLOAD");
  request.headers["x-amz-content-sha256"] = "whatever";
  EXPECT_EQ(code_of([&] { parse_authorization(request); }), "InvalidArgument");
  request.headers.erase("x-amz-content-sha256");
  EXPECT_EQ(code_of([&] { parse_authorization(request); }), "InvalidRequest");
}

TEST(SigV4, names_what_is_missing_in_a_broken_signature) {
  EXPECT_FALSE(parse_authorization({"GET", "/", "", {{"host", "x"}}, kEmpty}));
  const std::string good = vanilla().headers["authorization"];
  const auto with = [&](const std::string& header) {
    SignedRequest request = vanilla();
    request.headers["authorization"] = header;
    return code_of([&] { parse_authorization(request); });
  };
  EXPECT_EQ(with(good), "");
  for (const char* broken :
       {"AWS AKID:signature", "Basic dGVzdDp0ZXN0", "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/s/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/s/aws4_request, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/us-east-1/s/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/2015/us-east-1/s/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20150830/../s/aws4_request, SignedHeaders=host, Signature=0"})
    EXPECT_EQ(with(broken), "IncompleteSignature") << broken;
  SignedRequest dateless = vanilla();
  dateless.headers.erase("x-amz-date");
  EXPECT_EQ(code_of([&] { parse_authorization(dateless); }), "IncompleteSignature");
  SignedRequest twice = vanilla();
  twice.query = "X-Amz-Signature=0";
  EXPECT_EQ(code_of([&] { parse_authorization(twice); }), "InvalidArgument");
  const SignedRequest endless{"GET",
                              "/",
                              "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20150830%2Fus-east-1%2Fs3%2Faws4_"
                              "request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=604801"
                              "&X-Amz-SignedHeaders=host&X-Amz-Signature=0",
                              {{"host", "x"}},
                              kEmpty};
  EXPECT_EQ(code_of([&] { parse_authorization(endless); }), "AuthorizationQueryParametersError");
}

TEST(SigV4, verifies_what_it_signs) {
  SignedRequest request{"POST",
                        "/a b",
                        "x=1&y",
                        {{"host", "127.0.0.1:4566"}, {"content-type", "text/plain"}},
                        crypto::sha256_hex("hello")};
  sign(request, "AKIDEXAMPLE", suite_credential().secret, "eu-west-1", "ecs", kSuiteTime);
  EXPECT_EQ(verdict(request), "");
  request.path = "/a c";
  EXPECT_EQ(verdict(request), "SignatureDoesNotMatch");
}

}  // namespace
}  // namespace stratus::wire
