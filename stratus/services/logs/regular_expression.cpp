#include "stratus/services/logs/regular_expression.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdexcept>

namespace stratus::services::logs {
namespace {

// A tenth of a second or so at worst.
constexpr std::uint32_t kMostSteps = 500'000, kMostHeapKiB = 4096;

}  // namespace

struct RegularExpression::Code {
  pcre2_code* code = nullptr;
  pcre2_match_context* context = nullptr;
  pcre2_match_data* data = nullptr;

  ~Code() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_code_free(code);
  }
};

RegularExpression::RegularExpression(std::string_view text) : code_(std::make_unique<Code>()) {
  int error = 0;
  PCRE2_SIZE at = 0;
  // Messages are not always UTF-8: PCRE2_MATCH_INVALID_UTF steps over what is not.
  code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                              PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &at, nullptr);
  if (code_->code == nullptr) {
    unsigned char reason[256] = {};
    pcre2_get_error_message(error, reason, sizeof reason);
    throw std::invalid_argument(std::string(reinterpret_cast<const char*>(reason)) + " at position " +
                                std::to_string(at));
  }
  code_->context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(code_->context, kMostSteps);
  pcre2_set_heap_limit(code_->context, kMostHeapKiB);
  code_->data = pcre2_match_data_create_from_pattern(code_->code, nullptr);
  std::uint32_t groups = 0, count = 0, size = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code_->code, PCRE2_INFO_CAPTURECOUNT, &groups);
  pcre2_pattern_info(code_->code, PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(code_->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
  pcre2_pattern_info(code_->code, PCRE2_INFO_NAMETABLE, &table);
  names_.resize(groups + 1);
  for (std::uint32_t i = 0; i < count; ++i, table += size)
    names_[static_cast<std::size_t>(table[0]) << 8U | table[1]] = reinterpret_cast<const char*>(table + 2);
}

RegularExpression::~RegularExpression() = default;

bool RegularExpression::found_in(std::string_view subject) const {
  return pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), 0, 0, code_->data,
                     code_->context) >= 0;
}

std::optional<std::vector<std::string>> RegularExpression::groups(std::string_view subject) const {
  if (!found_in(subject)) return std::nullopt;
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(code_->data);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < names_.size(); ++i)
    out.emplace_back(ends[2 * i] == PCRE2_UNSET ? std::string_view()
                                                : subject.substr(ends[2 * i], ends[2 * i + 1] - ends[2 * i]));
  return out;
}

}  // namespace stratus::services::logs
