#include "stratus/services/cloudwatch/search.h"

#include <algorithm>

#include "stratus/core/text.h"
#include "stratus/services/cloudwatch/expression.h"

namespace stratus::services::cloudwatch {
namespace {

std::string unquoted(std::string_view text) {
  text = text::trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

/// A word up to the next blank or parenthesis; quotes hold blanks together.
std::string word(const std::string& text, std::size_t& at) {
  std::string out;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (!quoted && (text[at] == ' ' || text[at] == '(' || text[at] == ')')) break;
    out += text[at];
  }
  if (quoted) throw ExpressionError("A quote is not closed in the search expression");
  return out;
}

}  // namespace

SearchQuery::SearchQuery(const std::string& text) {
  std::size_t at = 0;
  const auto skip = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  skip();
  if (at < text.size() && text[at] == '{') {
    const auto close = text.find('}', at);
    if (close == std::string::npos) throw ExpressionError("A brace is not closed in the search expression");
    const auto parts = text::split(text.substr(at + 1, close - at - 1), ',');
    has_schema_ = true;
    namespace_ = unquoted(parts[0]);
    for (std::size_t i = 1; i < parts.size(); ++i) dimensions_.push_back(unquoted(parts[i]));
    std::sort(dimensions_.begin(), dimensions_.end());
    at = close + 1;
  }
  bool negated = false, alternative = false;
  for (skip(); at < text.size(); skip()) {
    if (text[at] == '(' || text[at] == ')')
      throw ExpressionError("Parentheses in search expressions are not supported");
    const std::string token = word(text, at);
    if (token == "AND") continue;
    if (token == "NOT") {
      negated = true;
      continue;
    }
    if (token == "OR") {
      if (all_of_any_.empty()) throw ExpressionError("OR stands between two terms of a search expression");
      alternative = true;
      continue;
    }
    Term term{.negated = negated};
    const auto equals = token.find('=');
    if (equals != std::string::npos && token[0] != '"') {
      term.property = token.substr(0, equals);
      if (term.property.starts_with(':')) {
        if (term.property != ":aws.AccountId") throw ExpressionError("Unknown search term " + term.property);
        negated = alternative = false;
        continue;  // every metric here is of the one account
      }
    }
    const std::string value = equals != std::string::npos && token[0] != '"' ? token.substr(equals + 1) : token;
    term.exact = value.size() >= 2 && value.front() == '"';
    term.text = unquoted(value);
    if (alternative) {
      all_of_any_.back().push_back(std::move(term));
    } else {
      all_of_any_.push_back({std::move(term)});
    }
    negated = alternative = false;
  }
}

bool SearchQuery::holds(const Term& term, const Metric& metric) {
  const auto fits = [&](const std::string& value) {
    return term.exact ? value == term.text : text::lower(value).find(text::lower(term.text)) != std::string::npos;
  };
  bool found = false;
  if (term.property.empty() || term.property == "MetricName") found = fits(metric.name);
  if (term.property.empty() || term.property == "Namespace") found = found || fits(metric.metric_namespace);
  for (const auto& dimension : metric.dimensions) {
    if (term.property.empty()) found = found || fits(*dimension.name);
    if (term.property.empty() || term.property == *dimension.name) found = found || fits(*dimension.value);
  }
  return found != term.negated;
}

bool SearchQuery::matches(const Metric& metric) const {
  if (has_schema_) {
    if (metric.metric_namespace != namespace_) return false;
    std::vector<std::string> names;
    for (const auto& dimension : metric.dimensions) names.push_back(*dimension.name);
    std::sort(names.begin(), names.end());
    if (names != dimensions_) return false;
  }
  return std::all_of(all_of_any_.begin(), all_of_any_.end(), [&](const std::vector<Term>& any) {
    return std::any_of(any.begin(), any.end(), [&](const Term& term) { return holds(term, metric); });
  });
}

}  // namespace stratus::services::cloudwatch
