#include "stratus/wire/body_filter.h"

#include <openssl/evp.h>

#include <set>
#include <utility>
#include <vector>

#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/error.h"
#include "stratus/core/text.h"
#include "stratus/wire/checksum.h"

namespace stratus::wire {
namespace {

constexpr std::string_view kChecksumPrefix = "x-amz-checksum-";
constexpr std::size_t kLineLimit = 8 * 1024;        // a chunk's header or a trailer, bytes
constexpr std::size_t kTrailerLimit = 32;           // trailers
constexpr std::uint64_t kChunkLimit = 5ULL << 30U;  // what S3 takes in one request, bytes

[[noreturn]] void broken() { throw aws::Error("IncompleteBody", 400, "The request body terminated unexpectedly"); }

[[noreturn]] void malformed_trailer() {
  throw aws::Error(
      "MalformedTrailerError", 400,
      "The request contained trailing data that was not well-formed or did not conform to our published schema.");
}

/// An algorithm's name as S3's messages have it: "SHA256".
std::string in_capitals(std::string name) {
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return name;
}

/// The checksums that a request names, over the decoded body.
class Checksums {
 public:
  void expect(const std::string& header_name) {
    if (!header_name.starts_with(kChecksumPrefix)) return;
    if (auto sum = Checksum::create(std::string_view(header_name).substr(kChecksumPrefix.size())))
      sums_.emplace_back(header_name, std::move(sum));
  }
  bool empty() const { return sums_.empty(); }
  void add(std::string_view bytes) {
    for (auto& [name, sum] : sums_) sum->add(bytes);
  }
  /// `promised` holds the values by header name.
  void compare(const std::map<std::string, std::string>& promised) {
    for (auto& [name, sum] : sums_) {
      const auto value = promised.find(name);
      if (value == promised.end()) malformed_trailer();
      const std::string computed = sum->finish();
      if (const auto bytes = base64::decode(value->second); !bytes || bytes->size() != computed.size())
        throw aws::Error("InvalidRequest", 400, "Value for " + name + " header is invalid.");
      if (base64::encode(computed) != value->second)
        throw aws::Error("BadDigest", 400,
                         "The " + in_capitals(name.substr(kChecksumPrefix.size())) +
                             " you specified did not match the calculated checksum.");
    }
  }

 private:
  std::vector<std::pair<std::string, std::unique_ptr<Checksum>>> sums_;
};

class ChecksumFilter final : public BodyFilter {
 public:
  explicit ChecksumFilter(const std::map<std::string, std::string>& headers) : headers_(headers) {
    for (const auto& [name, value] : headers) sums_.expect(name);
  }
  bool empty() const { return sums_.empty(); }
  void add(std::string_view bytes, std::string& out) override {
    sums_.add(bytes);
    out.append(bytes);
  }
  void finish() override { sums_.compare(headers_); }

 private:
  const std::map<std::string, std::string> headers_;
  Checksums sums_;
};

class AwsChunkedDecoder final : public BodyFilter {
 public:
  AwsChunkedDecoder(const Authorization& a, const std::string& secret,
                    const std::map<std::string, std::string>& headers)
      : signed_(a.payload_hash.starts_with("STREAMING-AWS4-HMAC-SHA256-")),
        trailing_(a.payload_hash.ends_with("-TRAILER")),
        scope_(to_basic_iso8601(a.time) + "\n" + a.date + "/" + a.region + "/" + a.service + "/aws4_request\n"),
        previous_(a.signature) {
    if (signed_) key_ = signing_key(secret, a.date, a.region, a.service);
    const auto length = headers.find("x-amz-decoded-content-length");
    if (length == headers.end() || length->second.empty() || length->second.size() > 15 ||
        length->second.find_first_not_of("0123456789") != std::string::npos)
      throw aws::Error("MissingContentLength", 411, "You must provide the Content-Length HTTP header.");
    expected_ = std::stoull(length->second);
    for (const auto& [name, value] : headers) {
      sums_.expect(name);
      if (name.starts_with(kChecksumPrefix)) promised_[name] = value;
    }
    if (const auto names = headers.find("x-amz-trailer"); names != headers.end() && trailing_)
      for (const auto& name : text::split(names->second, ',')) {
        announced_.insert(text::lower(text::trim(name)));
        sums_.expect(text::lower(text::trim(name)));
      }
    restart_digest();
  }

  void add(std::string_view bytes, std::string& out) override {
    while (!bytes.empty()) {
      if (state_ == State::data) {
        const auto taken = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
        out.append(taken);
        sums_.add(taken);
        if (signed_) EVP_DigestUpdate(digest_.get(), taken.data(), taken.size());
        left_ -= taken.size();
        bytes.remove_prefix(taken.size());
        if (left_ == 0) {
          check_chunk();
          state_ = State::after_data;
        }
        continue;
      }
      if (state_ == State::done) broken();
      const char c = bytes.front();
      bytes.remove_prefix(1);
      line_ += c;
      if (line_.size() > kLineLimit) broken();
      if (c != '\n') continue;
      if (line_.size() < 2 || line_[line_.size() - 2] != '\r') broken();
      const std::string line = std::exchange(line_, {});
      take_line(std::string_view(line).substr(0, line.size() - 2));
    }
  }

  void finish() override {
    // Some clients leave out the blank line after the last chunk.
    if (state_ == State::trailers && !trailing_ && line_.empty()) state_ = State::done;
    if (state_ != State::done) broken();
    if (total_ != expected_) broken();
    if (signed_ && trailing_) check_trailers();
    promised_.insert(trailers_.begin(), trailers_.end());
    sums_.compare(promised_);
  }

  std::map<std::string, std::string> trailers() const override { return trailers_; }

 private:
  enum class State { header, data, after_data, trailers, done };

  void take_line(std::string_view line) {
    switch (state_) {
      case State::header:
        return take_header(line);
      case State::after_data:
        if (!line.empty()) broken();
        state_ = State::header;
        return;
      case State::trailers:
        return take_trailer(line);
      default:
        broken();
    }
  }

  void take_header(std::string_view line) {
    const auto semicolon = line.find(';');
    const std::string size(line.substr(0, semicolon));
    if (size.empty() || size.size() > 12 || size.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
      broken();
    left_ = std::stoull(size, nullptr, 16);
    if (left_ > kChunkLimit || total_ + left_ > expected_) broken();
    total_ += left_;
    signature_.clear();
    constexpr std::string_view extension = "chunk-signature=";
    if (semicolon != std::string::npos && line.substr(semicolon + 1).starts_with(extension))
      signature_ = std::string(line.substr(semicolon + 1 + extension.size()));
    if (signed_ && signature_.empty()) mismatch();
    if (left_ != 0) {
      state_ = State::data;
      return;
    }
    check_chunk();
    state_ = State::trailers;
  }

  void take_trailer(std::string_view line) {
    if (line.empty()) {
      state_ = State::done;
      return;
    }
    const auto colon = line.find(':');
    if (!trailing_ || colon == std::string::npos || trailers_.size() >= kTrailerLimit) malformed_trailer();
    const std::string name = text::lower(text::trim(line.substr(0, colon)));
    const std::string value(text::trim(line.substr(colon + 1)));
    if (name == "x-amz-trailer-signature") {
      trailer_signature_ = value;
    } else {
      // The announcement is among the signed headers; a trailer outside it could smuggle a header in.
      if (announced_.count(name) == 0) malformed_trailer();
      canonical_trailers_ += name + ":" + value + "\n";
      trailers_[name] = value;
    }
  }

  void check_chunk() {
    if (!signed_) return;
    std::string hash(32, '\0');
    unsigned length = 0;
    EVP_DigestFinal_ex(digest_.get(), reinterpret_cast<unsigned char*>(hash.data()), &length);
    restart_digest();
    check(
        "AWS4-HMAC-SHA256-PAYLOAD\n" + scope_ + previous_ + "\n" + crypto::sha256_hex("") + "\n" + crypto::to_hex(hash),
        signature_);
    previous_ = signature_;
  }

  void check_trailers() {
    check("AWS4-HMAC-SHA256-TRAILER\n" + scope_ + previous_ + "\n" + crypto::sha256_hex(canonical_trailers_),
          trailer_signature_);
  }

  void check(const std::string& to_sign, const std::string& signature) const {
    if (!crypto::equal_constant_time(crypto::to_hex(crypto::hmac_sha256(key_, to_sign)), signature)) mismatch();
  }

  [[noreturn]] static void mismatch() {
    throw aws::Error("SignatureDoesNotMatch", 403,
                     "The request signature we calculated does not match the signature you provided. Check your key "
                     "and signing method.");
  }

  void restart_digest() {
    if (signed_) EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr);
  }

  const bool signed_, trailing_;
  const std::string scope_;
  std::string key_, previous_, signature_, trailer_signature_, canonical_trailers_, line_;
  std::map<std::string, std::string> promised_, trailers_;
  std::set<std::string> announced_;
  Checksums sums_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  State state_ = State::header;
  std::uint64_t left_ = 0, total_ = 0, expected_ = 0;
};

}  // namespace

bool is_aws_chunked(const std::string& payload_hash) { return payload_hash.starts_with("STREAMING-"); }

std::unique_ptr<BodyFilter> aws_chunked_decoder(const Authorization& authorization, const std::string& secret,
                                                const std::map<std::string, std::string>& headers) {
  return std::make_unique<AwsChunkedDecoder>(authorization, secret, headers);
}

std::unique_ptr<BodyFilter> checksum_filter(const std::map<std::string, std::string>& headers) {
  auto out = std::make_unique<ChecksumFilter>(headers);
  if (out->empty()) return nullptr;
  return out;
}

}  // namespace stratus::wire
