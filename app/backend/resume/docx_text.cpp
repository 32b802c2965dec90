// Word files (ECMA-376): a ZIP archive with XML in it. libarchive unpacks, pugixml reads; neither fetches anything.
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <map>
#include <memory>
#include <pugixml.hpp>

#include "app/backend/resume/document.h"

namespace counselor {
namespace {

std::string_view local(const char* name) {
  const std::string_view whole(name);
  const auto colon = whole.find(':');
  return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

/// Walks without recursion, so that depth costs nothing.
struct Words : pugi::xml_tree_walker {
  std::string text;
  int last_paragraph_depth = -1;
  bool for_each(pugi::xml_node& node) override {
    if (text.size() > DocumentLimits::kText * 2) return false;
    const auto name = local(node.name());
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) {
      // Only w:t holds text; w:instrText is a field's formula, w:delText was deleted.
      if (local(node.parent().name()) == "t") text += node.value();
    } else if (name == "p") {
      text += '\n';
      if (node.child("w:pPr").child("w:numPr")) text += "\u2022 ";
    } else if (name == "br" || name == "cr") {
      text += '\n';
    } else if (name == "tab") {
      text += '\t';
    } else if (name == "tc") {
      text += ' ';
    }
    return true;
  }
};

}  // namespace

Document read_docx(std::string_view bytes) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_zip_seekable(reader.get());
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    return refused("file-unreadable", "The .docx file is damaged.");
  std::map<std::string, std::string> parts;
  std::size_t entries = 0, unpacked = 0;
  archive_entry* entry = nullptr;
  int step = ARCHIVE_OK;
  while ((step = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK || step == ARCHIVE_WARN) {
    if (++entries > DocumentLimits::kArchiveEntries)
      return refused("file-limits", "The .docx file holds too many parts.");
    const char* given = archive_entry_pathname(entry);
    const std::string name = given == nullptr ? "" : given;
    if (archive_entry_is_encrypted(entry) != 0)
      return refused("file-encrypted", "The file is protected by a password. Save it without one.");
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (lower.find("vbaproject") != std::string::npos || lower.find("vbadata") != std::string::npos ||
        lower.find("activex/") != std::string::npos)
      return refused("file-macros", "The file holds macros. Save it as .docx without them, or as PDF.");
    const bool header = lower.starts_with("word/header") && lower.ends_with(".xml");
    if (lower != "word/document.xml" && lower != "[content_types].xml" && !header) continue;
    std::string& part = parts[lower];
    if (!part.empty()) return refused("file-unreadable", "The .docx file holds a part twice.");
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    int got = ARCHIVE_OK;
    while ((got = archive_read_data_block(reader.get(), &block, &size, &offset)) == ARCHIVE_OK) {
      unpacked += size;
      if (unpacked > DocumentLimits::kUnpacked || unpacked > (1U << 20) + bytes.size() * DocumentLimits::kRatio)
        return refused("file-limits", "The file unpacks to far more than a résumé has.");
      part.append(static_cast<const char*>(block), size);
    }
    if (got != ARCHIVE_EOF) return refused("file-unreadable", "The .docx file is damaged.");
  }
  if (step != ARCHIVE_EOF) return refused("file-unreadable", "The .docx file is damaged.");
  if (const std::string& types = parts["[content_types].xml"];
      types.find("macroEnabled") != std::string::npos || types.find("vbaProject") != std::string::npos)
    return refused("file-macros", "The file may hold macros (.docm). Save it as .docx, or as PDF.");
  if (parts["word/document.xml"].empty()) return refused("file-type", "This archive is no Word document.");
  Document out;
  std::string text;
  for (const bool headers : {true, false})
    for (const auto& [name, part] : parts) {
      if (name == "[content_types].xml" || name.starts_with("word/header") != headers) continue;
      // No document type, so no entities either.
      if (part.find("<!DOCTYPE") != std::string::npos)
        return refused("file-unreadable", "The .docx file declares a document type, which Word files never do.");
      pugi::xml_document tree;
      if (!tree.load_buffer(part.data(), part.size(), pugi::parse_default | pugi::parse_ws_pcdata))
        return refused("file-unreadable", "The .docx file is damaged.");
      Words words;
      tree.traverse(words);
      text += words.text + "\n";
    }
  out.text = tidy(text);
  return out;
}

}  // namespace counselor
