#include "stratus/services/s3/request_fields.h"

#include <openssl/evp.h>

#include <memory>

#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/s3/files.h"

namespace stratus::services::s3 {
namespace {

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Letters and digits of any script, blanks, and + - = . _ : / @
bool tag_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0 || std::string_view(" +-=._:/@").find(c) != std::string_view::npos;
  });
}

}  // namespace

std::vector<api::Tag> tags_of_header(const std::string& header) {
  std::vector<api::Tag> out;
  if (header.empty()) return out;
  std::set<std::string> keys;
  for (const auto& pair : text::split(header, '&')) {
    const auto equals = pair.find('=');
    api::Tag tag{.key = text::uri_decode(pair.substr(0, equals), true),
                 .value = equals == std::string::npos ? "" : text::uri_decode(pair.substr(equals + 1), true)};
    if (tag.key->empty() || !keys.insert(*tag.key).second)
      throw refuse::invalid_argument(
          "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name "
          "duplicates.",
          "x-amz-tagging", header);
    out.push_back(std::move(tag));
  }
  return out;
}

void check_tags(const std::vector<api::Tag>& tags, std::size_t most) {
  if (tags.size() > most)
    throw aws::Error(
        "BadRequest", 400,
        most == 10 ? "Object tags cannot be greater than 10" : "Bucket tag count cannot be greater than 50");
  std::set<std::string> keys;
  for (const api::Tag& tag : tags) {
    const std::string key = tag.key.value_or(""), value = tag.value.value_or("");
    if (key.empty() || letters(key) > 128 || !tag_text(key))
      throw refuse::with({"InvalidTag", 400, "The TagKey you have provided is invalid"}, {{"TagKey", key}});
    if (letters(value) > 256 || !tag_text(value))
      throw refuse::with({"InvalidTag", 400, "The TagValue you have provided is invalid"},
                         {{"TagKey", key}, {"TagValue", value}});
    if (text::lower(key).starts_with("aws:"))
      throw refuse::with({"InvalidTag", 400, "System tags cannot be added/updated by requester"}, {});
    if (!keys.insert(key).second)
      throw refuse::with({"InvalidTag", 400, "Cannot provide multiple Tags with the same key"}, {{"TagKey", key}});
  }
}

std::optional<std::string> content_md5(const std::optional<std::string>& header) {
  if (!header) return std::nullopt;
  auto wanted = base64::decode(*header);
  if (!wanted || wanted->size() != 16)
    throw refuse::with({"InvalidDigest", 400, "The Content-MD5 you specified was invalid."},
                       {{"Content-MD5", *header}});
  return std::move(*wanted);
}

void check_content_md5(const std::optional<std::string>& header, const std::string& sum) {
  if (const auto wanted = content_md5(header); wanted && sum != *wanted)
    throw refuse::with({"BadDigest", 400, "The Content-MD5 you specified did not match what we received."},
                       {{"ExpectedDigest", *header}, {"CalculatedDigest", base64::encode(sum)}});
}

bool names_etag(const std::string& header, const std::string& etag) {
  if (text::trim(header) == "*") return true;
  for (const auto& one : text::split(header, ',')) {
    std::string_view text = text::trim(one);
    if (text.starts_with("W/")) text.remove_prefix(2);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    if (text == etag) return true;
  }
  return false;
}

}  // namespace stratus::services::s3
