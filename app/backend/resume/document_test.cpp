// The readers by themselves: what any bytes do to them. (The real program reads in a sandbox; here a fault would show.)
#include "app/backend/resume/document.h"

#include <gtest/gtest.h>

#include <random>

#include "app/backend/resume/checks.h"
#include "app/backend/text.h"

namespace counselor {
namespace {

std::string small_pdf(const std::string& content) {
  std::string out = "%PDF-1.4\n";
  std::vector<std::size_t> places;
  const auto add = [&](const std::string& object) {
    places.push_back(out.size());
    out += std::to_string(places.size()) + " 0 obj\n" + object + "\nendobj\n";
  };
  add("<< /Type /Catalog /Pages 2 0 R >>");
  add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R "
      ">> >> >>");
  add("<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "\nendstream");
  add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Type /Encoding /Differences [1 /fi /eacute "
      "/uni20AC /bullet] >> >>");
  add("<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 7 0 R >>");
  const std::string map =
      "1 beginbfchar <0001> <00480069> endbfchar 1 beginbfrange <0010> <0012> <0041> <0020> <0021> [<0078> <D834DD1E>] "
      "endbfrange";
  add("<< /Length " + std::to_string(map.size()) + " >>\nstream\n" + map + "\nendstream");
  const auto start = out.size();
  out += "xref\n0 " + std::to_string(places.size() + 1) + "\n0000000000 65535 f \n";
  for (const auto place : places) {
    char line[24];
    std::snprintf(line, sizeof line, "%010zu 00000 n \n", place);
    out += line;
  }
  return out + "trailer\n<< /Size " + std::to_string(places.size() + 1) + " /Root 1 0 R >>\nstartxref\n" +
         std::to_string(start) + "\n%%EOF\n";
}

TEST(Pdf, reads_lines_gaps_and_ligatures) {
  const auto document =
      read_pdf(small_pdf("BT /F1 12 Tf 14 TL 72 700 Td (of\x01"
                         "ce caf\x02 5\x03) Tj T* [(Hel) -20 (lo) -400 (world)] TJ 0 -40 Td (next) Tj ET"));
  EXPECT_EQ(document.problem, "");
  EXPECT_EQ(document.text, "office café 5€\nHello world\n\nnext") << document.detail;
  EXPECT_EQ(document.pages, 1);
}

TEST(Pdf, reads_wide_fonts_by_their_map) {
  const auto document = read_pdf(small_pdf("BT /F2 12 Tf 72 700 Td <0001001000110012002000210099> Tj ET"));
  EXPECT_EQ(document.text, "HiABCx\U0001D11E");
}

TEST(Documents, any_bytes_end_in_text_or_a_problem) {
  std::mt19937 engine(20251);
  const std::vector<std::string> seeds = {small_pdf("BT /F1 12 Tf 72 700 Td (Hello) Tj ET"),
                                          std::string("PK\x03\x04") + std::string(200, 'x'), "plain text\nwith lines"};
  int read = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string bytes = seeds[static_cast<std::size_t>(round) % seeds.size()];
    for (unsigned i = 0, most = 1 + engine() % 20; i < most; ++i) {
      const std::size_t at = engine() % bytes.size();
      switch (engine() % 3) {
        case 0:
          bytes[at] = static_cast<char>(engine());
          break;
        case 1:
          bytes.erase(at, 1 + engine() % 20);
          break;
        default:
          bytes.insert(at, bytes.substr(engine() % bytes.size(), engine() % 40));
          break;
      }
      if (bytes.empty()) bytes = "%PDF-";
    }
    const Document document = read_document(bytes);
    EXPECT_EQ(document.problem.empty(), !document.text.empty());
    EXPECT_TRUE(valid_utf8(document.text));
    read += document.problem.empty() ? 1 : 0;
    if (document.problem.empty()) check_resume(document.text, document.pages, 2025, nullptr);
  }
  EXPECT_GT(read, 100) << "the mutations leave enough readable to mean something";
}

TEST(Documents, text_is_tidied) { EXPECT_EQ(tidy("a\r\n\r\n\r\n\r\nb  \x07 c\xC2\xA0 d \n"), "a\n\nb c d"); }

}  // namespace
}  // namespace counselor
