// The API's answers that need neither a model nor another process: everything but streams and files.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "app/backend/careers.h"
#include "app/backend/config.h"
#include "app/backend/problem.h"
#include "app/backend/resume/document.h"
#include "app/backend/search.h"

namespace counselor {

/// What a server has to know about a path before it reads the body.
struct Route {
  std::string_view methods;  ///< "GET, HEAD" or "POST"
  std::size_t body_limit = 0;
  enum class Kind { kPlain, kDocument, kStream } kind = Kind::kPlain;
};

/// "none", "no-key" or "failing": whether a model can be asked.
struct ModelState {
  bool available = false;
  const char* reason = nullptr;
};

class Api {
 public:
  Api(const Catalogue& catalogue, const Search& search, const Config& config)
      : catalogue_(catalogue), search_(search), config_(config) {}

  /// Null where there is nothing at `path`.
  static const Route* route(std::string_view path);
  /// The route's answer, or what is wrong with path or method.
  Response answer(const Request& request) const;
  /// The answer to a résumé that was read. Throws Problem where it was refused.
  Response review(const Request& request, const Document& document) const;
  /// Throws Problem where the Content-Type is not served, or is not true.
  static void check_document_type(const Request& request);

  std::function<ModelState()> model_state = [] { return ModelState{false, "no-key"}; };
  std::function<bool()> draining = [] { return false; };

 private:
  Response list(const Request& request) const;
  Response compare(const Request& request) const;
  Response one(const Request& request) const;
  Response config() const;
  Response items() const;
  Response score(const Request& request) const;
  Response match(const Request& request) const;
  Response plan(const Request& request) const;
  Response interview(const Request& request) const;
  const Catalogue& catalogue_;
  const Search& search_;
  const Config& config_;
  mutable std::map<std::string, std::string, std::less<>> pages_;  ///< bodies of lists, by query
  mutable std::size_t page_bytes_ = 0;
};

const Career& known_career(const Catalogue& catalogue, const std::string& id);

/// The limits that are the same everywhere; the contract tells them.
struct BodyLimits {
  static constexpr std::size_t kJson = 64 * 1024, kChat = 512 * 1024;
  static constexpr std::size_t kMessages = 40, kUserMessage = 4000, kAssistantMessage = 12'000, kResumeText = 20'000,
                               kAnswer = 6000;
};

}  // namespace counselor
