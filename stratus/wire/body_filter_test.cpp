#include "stratus/wire/body_filter.h"

#include <gtest/gtest.h>

#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/error.h"
#include "stratus/wire/checksum.h"

namespace stratus::wire {
namespace {

std::string sum(const char* name, std::string_view bytes) {
  const auto checksum = Checksum::create(name);
  checksum->add(bytes.substr(0, 3));
  checksum->add(bytes.substr(3));
  return crypto::to_hex(checksum->finish());
}

TEST(Checksum, gives_the_check_values_of_the_catalogue) {
  EXPECT_EQ(sum("crc32", "123456789"), "cbf43926");
  EXPECT_EQ(sum("crc32c", "123456789"), "e3069283");
  EXPECT_EQ(sum("crc64nvme", "123456789"), "ae8b14860a799888");
  EXPECT_EQ(sum("sha1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sum("sha256", "abc"), crypto::sha256_hex("abc"));
  EXPECT_EQ(Checksum::create("md4"), nullptr);
}

/// The upload of 65 KiB in S3's manual: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
struct Manual {
  std::string secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  Authorization authorization;
  std::map<std::string, std::string> headers{{"x-amz-decoded-content-length", "66560"}};
  std::string body;

  Manual() {
    authorization.date = "20130524";
    authorization.region = "us-east-1";
    authorization.service = "s3";
    authorization.payload_hash = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    authorization.signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    parse_basic_iso8601("20130524T000000Z", authorization.time);
    body = "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
           std::string(65536, 'a') +
           "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
           std::string(1024, 'a') +
           "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
  }

  /// What the body decodes to, or the error's code; `step` bytes at a time.
  std::string decode(std::size_t step = 1000) const {
    try {
      const auto filter = aws_chunked_decoder(authorization, secret, headers);
      std::string out;
      for (std::size_t at = 0; at < body.size(); at += step) filter->add(std::string_view(body).substr(at, step), out);
      filter->finish();
      for (const auto& [name, value] : filter->trailers()) out += "|" + name + ":" + value;
      return out;
    } catch (const aws::Error& e) {
      return e.code;
    }
  }
};

TEST(AwsChunked, decodes_the_upload_of_the_manual_however_it_is_cut) {
  const Manual manual;
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, manual.body.size()})
    EXPECT_EQ(manual.decode(step), std::string(66560, 'a')) << step;
}

TEST(AwsChunked, refuses_chunks_that_were_changed_cut_moved_or_added) {
  const auto changed = [](const std::function<void(Manual&)>& change) {
    Manual manual;
    change(manual);
    return manual.decode();
  };
  EXPECT_EQ(changed([](Manual& m) { m.body[200] = 'b'; }), "SignatureDoesNotMatch");
  EXPECT_EQ(changed([](Manual& m) { m.secret = "another"; }), "SignatureDoesNotMatch");
  EXPECT_EQ(changed([](Manual& m) { m.authorization.signature[0] = '5'; }), "SignatureDoesNotMatch");
  EXPECT_EQ(changed([](Manual& m) { m.body = "10000\r\n" + m.body.substr(m.body.find("\r\n") + 2); }),
            "SignatureDoesNotMatch");
  EXPECT_EQ(changed([](Manual& m) { m.body.resize(m.body.size() / 2); }), "IncompleteBody");
  EXPECT_EQ(changed([](Manual& m) { m.body.resize(m.body.rfind("\r\n0;")); }), "IncompleteBody");
  EXPECT_EQ(changed([](Manual& m) { m.headers["x-amz-decoded-content-length"] = "66561"; }), "IncompleteBody");
  EXPECT_EQ(changed([](Manual& m) { m.headers["x-amz-decoded-content-length"] = "10"; }), "IncompleteBody");
  EXPECT_EQ(changed([](Manual& m) { m.headers.clear(); }), "MissingContentLength");
  EXPECT_EQ(changed([](Manual& m) { m.body += "5\r\n"; }), "IncompleteBody");
  EXPECT_EQ(changed([](Manual& m) { m.body = "ffffffffffffffff\r\n"; }), "IncompleteBody");
  EXPECT_EQ(changed([](Manual& m) { m.body = std::string(100'000, '0'); }), "IncompleteBody");
  EXPECT_EQ(changed([](Manual& m) { m.body = "-1\r\n"; }), "IncompleteBody");
}

Manual unsigned_upload(const std::string& trailer) {
  Manual out;
  out.authorization.payload_hash = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  out.headers = {{"x-amz-decoded-content-length", "9"}, {"x-amz-trailer", "x-amz-checksum-crc32"}};
  out.body = "4\r\n1234\r\n5\r\n56789\r\n0\r\n" + trailer + "\r\n";
  return out;
}

TEST(AwsChunked, compares_the_checksum_that_follows_the_body) {
  const std::string right = base64::encode("\xcb\xf4\x39\x26");
  EXPECT_EQ(unsigned_upload("x-amz-checksum-crc32:" + right + "\r\n").decode(),
            "123456789|x-amz-checksum-crc32:" + right);
  EXPECT_EQ(unsigned_upload("x-amz-checksum-crc32:AAAAAA==\r\n").decode(), "BadDigest");
  EXPECT_EQ(unsigned_upload("").decode(), "MalformedTrailerError");
  // A trailer that the signed headers did not announce could put words into the signer's mouth.
  EXPECT_EQ(unsigned_upload("x-amz-checksum-crc32:" + right + "\r\nx-amz-acl:public-read\r\n").decode(),
            "MalformedTrailerError");
}

TEST(AwsChunked, checks_the_signature_of_trailers) {
  Manual m = unsigned_upload("");
  m.authorization.payload_hash = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
  const std::string scope = "20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n",
                    key = signing_key(m.secret, "20130524", "us-east-1", "s3");
  const auto sign = [&](const std::string& kind, const std::string& previous, const std::string& rest) {
    return crypto::to_hex(crypto::hmac_sha256(key, "AWS4-HMAC-SHA256-" + kind + "\n" + scope + previous + "\n" + rest));
  };
  const std::string empty = crypto::sha256_hex(""),
                    trailer = "x-amz-checksum-crc32:" + base64::encode("\xcb\xf4\x39\x26");
  const std::string first = sign("PAYLOAD", m.authorization.signature, empty + "\n" + crypto::sha256_hex("123456789"));
  const std::string last = sign("PAYLOAD", first, empty + "\n" + empty);
  const std::string chunks = "9;chunk-signature=" + first + "\r\n123456789\r\n0;chunk-signature=" + last + "\r\n" +
                             trailer + "\r\nx-amz-trailer-signature:";
  m.body = chunks + sign("TRAILER", last, crypto::sha256_hex(trailer + "\n")) + "\r\n\r\n";
  EXPECT_EQ(m.decode(3), "123456789|" + trailer);
  m.body = chunks + sign("TRAILER", first, crypto::sha256_hex(trailer + "\n")) + "\r\n\r\n";
  EXPECT_EQ(m.decode(3), "SignatureDoesNotMatch");
}

TEST(ChecksumFilter, passes_a_body_that_is_what_its_header_says) {
  const auto run = [](const std::string& value) {
    const auto filter = checksum_filter({{"x-amz-checksum-crc32c", value}, {"x-amz-checksum-algorithm", "CRC32C"}});
    std::string out;
    try {
      filter->add("123456789", out);
      filter->finish();
    } catch (const aws::Error& e) {
      return e.code;
    }
    return out;
  };
  EXPECT_EQ(run(base64::encode("\xe3\x06\x92\x83")), "123456789");
  EXPECT_EQ(run("AAAAAA=="), "BadDigest");
  EXPECT_EQ(checksum_filter({{"host", "x"}}), nullptr);
}

}  // namespace
}  // namespace stratus::wire
