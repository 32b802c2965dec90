#include "app/backend/resume/document.h"

#include <algorithm>

#include "app/backend/text.h"

namespace counselor {
namespace {

/// Windows-1252, 0x80…0x9F.
constexpr char32_t kWindows[32] = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                   0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};

bool readable(std::string_view bytes) {
  const auto odd = std::count_if(bytes.begin(), bytes.end(), [](unsigned char c) {
    return c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f';
  });
  return odd == 0 && bytes.find('\0') == std::string_view::npos;
}

/// Only what can be seen; the breaks of pages and lines that are no \n become one.
std::string breaks_kept(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\f', '\n');
  std::replace(out.begin(), out.end(), '\v', '\n');
  for (std::size_t i = 0; i < out.size(); ++i)
    if (out[i] == '\r') out[i] = i + 1 < out.size() && out[i + 1] == '\n' ? ' ' : '\n';
  return visible(out);
}

}  // namespace

DocumentKind recognize(std::string_view bytes, Document& why) {
  // The header may stand within the first 1024 bytes (ISO 32000-1, annex H.3.4.1).
  if (bytes.substr(0, 1024).find("%PDF-") != std::string_view::npos) return DocumentKind::kPdf;
  if (bytes.starts_with("PK\x03\x04")) return DocumentKind::kDocx;
  if (bytes.starts_with("\xD0\xCF\x11\xE0")) {
    why = refused(
        "file-type",
        "This is an old Word file, or a new one with a password. Save it as .docx without a password, or as PDF.");
    return DocumentKind::kUnknown;
  }
  if (bytes.starts_with("{\\rtf")) {
    why = refused("file-type", "RTF is not read here. Save it as .docx or PDF.");
    return DocumentKind::kUnknown;
  }
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    why = refused("file-type", "This text is in UTF-16. Save it as UTF-8.");
    return DocumentKind::kUnknown;
  }
  if (readable(bytes)) return DocumentKind::kText;
  why = refused("file-type", "This is neither a PDF, nor a .docx, nor plain text.");
  return DocumentKind::kUnknown;
}

std::string tidy(std::string_view given) {
  const std::string text = breaks_kept(given);
  std::string out;
  out.reserve(text.size());
  int blanks = 0, ends = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
      if (!out.empty() && ends < 2) out += '\n';
      ++ends;
      blanks = 0;
    } else if (c == ' ' || c == '\t' ||
               (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xA0)) {
      if (c == 0xC2) ++i;
      if (blanks++ < 1) out += c == '\t' ? '\t' : ' ';
    } else {
      out += static_cast<char>(c);
      blanks = ends = 0;
    }
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

Document read_plain(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  Document out;
  if (valid_utf8(bytes)) {
    out.text = tidy(bytes);
  } else {
    std::string text;
    for (const unsigned char c : bytes) append_utf8(text, c >= 0x80 && c < 0xA0 ? kWindows[c - 0x80] : c);
    out.text = tidy(text);
  }
  return out;
}

Document read_document(std::string_view bytes) {
  Document out;
  switch (recognize(bytes, out)) {
    case DocumentKind::kPdf:
      out = read_pdf(bytes);
      break;
    case DocumentKind::kDocx:
      out = read_docx(bytes);
      break;
    case DocumentKind::kText:
      out = read_plain(bytes);
      break;
    case DocumentKind::kUnknown:
      return out;
  }
  if (!out.problem.empty()) return out;
  if (out.text.size() > DocumentLimits::kText) {
    std::size_t end = DocumentLimits::kText;
    while (end > 0 && (out.text[end] & 0xC0) == 0x80) --end;
    out.text.resize(end);
    out.truncated = true;
  }
  if (out.text.find_first_not_of(" \n\t") == std::string::npos)
    return refused(
        "file-empty",
        out.pages > 0
            ? "There is no text in this PDF: it may be a scan. Export it from the program in which you wrote it."
            : "There is no text in this file.");
  return out;
}

}  // namespace counselor
