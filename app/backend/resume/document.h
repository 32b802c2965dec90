// The text of a résumé out of a file from a stranger. Meant to run in a process of its own that may do nothing else
// (sandbox.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace counselor {

struct DocumentLimits {
  static constexpr std::size_t kBytes = 2 * 1024 * 1024;
  static constexpr int kPages = 20;
  static constexpr std::size_t kArchiveEntries = 2000;
  static constexpr std::size_t kUnpacked = 24 * 1024 * 1024;  ///< bytes of the parts that are read
  static constexpr std::size_t kRatio = 250;                  ///< unpacked to packed, beyond the first MiB
  static constexpr std::size_t kText = 200'000;               ///< bytes of text; more is cut off
};

struct Document {
  std::string problem;  ///< "", or the name of a /problems/file-… type
  std::string detail;   ///< of the problem, for a person
  std::string text;     ///< UTF-8, without control characters but \n and \t
  int pages = 0;        ///< 0: the format has none
  bool truncated = false;
};

enum class DocumentKind { kUnknown, kPdf, kDocx, kText };
/// By the content, whatever the name says. Of what is refused by its kind alone, `why` says the reason.
DocumentKind recognize(std::string_view bytes, Document& why);

Document read_document(std::string_view bytes);
Document read_pdf(std::string_view bytes);
Document read_docx(std::string_view bytes);
Document read_plain(std::string_view bytes);

/// Line ends made \n, control characters and endless blanks taken out.
std::string tidy(std::string_view text);

inline Document refused(std::string problem, std::string detail) {
  return {std::move(problem), std::move(detail), "", 0, false};
}

}  // namespace counselor
