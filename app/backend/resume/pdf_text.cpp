// PDF: qpdf reads the file's structure and unpacks its streams; here is what a page's text operators put where (ISO
// 32000-1, 9.4).
#include <cmath>
#include <map>
#include <memory>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFExc.hh>
#include <qpdf/QPDFLogger.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>

#include "app/backend/resume/document.h"
#include "app/backend/resume/pdf_fonts.h"

namespace counselor {
namespace {

constexpr int kDeepest = 4;          ///< of forms within forms
constexpr std::size_t kForms = 200;  ///< forms on all pages
constexpr std::size_t kOperators = 2'000'000;

struct Matrix {
  double a = 1, b = 0, c = 0, d = 1, e = 0, f = 0;
  Matrix after(const Matrix& m) const {
    return {a * m.a + b * m.c, a * m.b + b * m.d,       c * m.a + d * m.c,
            c * m.b + d * m.d, e * m.a + f * m.c + m.e, e * m.b + f * m.d + m.f};
  }
};

struct Fonts {
  std::map<QPDFObjGen, PdfFont> known;
  const PdfFont& of(QPDFObjectHandle font) {
    const auto key = font.getObjGen();
    if (font.isIndirect()) {
      if (const auto found = known.find(key); found != known.end()) return found->second;
      return known.emplace(key, PdfFont(font)).first->second;
    }
    unnamed = PdfFont(font);
    return unnamed;
  }
  PdfFont unnamed;
};

struct Shared {
  Fonts fonts;
  std::string text;
  std::size_t operators = 0, forms = 0;
  bool full() const { return text.size() > DocumentLimits::kText + 1000 || operators > kOperators; }
};

/// Follows the operators of one content stream.
class Reader : public QPDFObjectHandle::ParserCallbacks {
 public:
  Reader(Shared& shared, QPDFObjectHandle resources, Matrix matrix, int depth)
      : shared_(shared), resources_(resources), page_(matrix), depth_(depth) {}

  void handleObject(QPDFObjectHandle object, std::size_t, std::size_t) override {
    if (shared_.full()) return terminateParsing();
    if (!object.isOperator()) {
      if (operands_.size() < 64) operands_.push_back(object);
      return;
    }
    ++shared_.operators;
    obey(object.getOperatorValue());
    operands_.clear();
  }
  void handleEOF() override {}

 private:
  double number(std::size_t i) const {
    auto object = i < operands_.size() ? operands_[i] : QPDFObjectHandle::newNull();
    return object.isNumber() ? object.getNumericValue() : 0;
  }

  void obey(const std::string& name) {
    if (name == "BT") {
      line_ = Matrix{};
      inside_ = line_;
    } else if (name == "Tf") {
      size_ = std::abs(number(1));
      auto fonts = resources_.isDictionary() ? resources_.getKey("/Font") : QPDFObjectHandle::newNull();
      if (fonts.isDictionary() && !operands_.empty() && operands_[0].isName()) {
        auto font = fonts.getKey(operands_[0].getName());
        font_ = font.isDictionary() ? shared_.fonts.of(font) : PdfFont();
      }
    } else if (name == "TL") {
      leading_ = number(0);
    } else if (name == "Td" || name == "TD") {
      if (name == "TD") leading_ = -number(1);
      move(number(0), number(1));
    } else if (name == "Tm") {
      line_ = {number(0), number(1), number(2), number(3), number(4), number(5)};
      inside_ = line_;
    } else if (name == "T*") {
      move(0, -leading_);
    } else if (name == "Tj") {
      if (!operands_.empty()) show(operands_[0]);
    } else if (name == "'") {
      move(0, -leading_);
      if (!operands_.empty()) show(operands_[0]);
    } else if (name == "\"") {
      move(0, -leading_);
      if (operands_.size() > 2) show(operands_[2]);
    } else if (name == "TJ") {
      if (!operands_.empty() && operands_[0].isArray())
        for (auto& item : operands_[0].getArrayAsVector()) {
          if (item.isString()) {
            show(item);
          } else if (item.isNumber()) {
            const double back = item.getNumericValue();
            inside_.e -= back / 1000 * size_ * inside_.a;
            // A gap of about a fifth of the type size is a space between words.
            if (back < -180 && !shared_.text.empty() && shared_.text.back() != ' ' && shared_.text.back() != '\n')
              shared_.text += ' ';
            if (back < -180) end_x_ = place().e;
          }
        }
    } else if (name == "q") {
      if (kept_.size() < 64) kept_.push_back(page_);
    } else if (name == "Q") {
      if (!kept_.empty()) {
        page_ = kept_.back();
        kept_.pop_back();
      }
    } else if (name == "cm") {
      page_ = Matrix{number(0), number(1), number(2), number(3), number(4), number(5)}.after(page_);
    } else if (name == "Do") {
      form();
    }
  }

  void move(double x, double y) {
    line_ = Matrix{1, 0, 0, 1, x, y}.after(line_);
    inside_ = line_;
  }

  Matrix place() const { return inside_.after(page_); }

  void show(QPDFObjectHandle string) {
    if (!string.isString()) return;
    const std::string shown = font_.decode(string.getStringValue());
    const Matrix here = place();
    const double height = std::max(1.0, size_ * std::hypot(here.c, here.d));
    std::string& text = shared_.text;
    if (!text.empty() && text.back() != '\n') {
      if (std::abs(here.f - end_y_) > height * 0.4)
        text += std::abs(here.f - end_y_) > height * 2.2 ? "\n\n" : "\n";
      else if (text.back() != ' ' && !shown.empty() && shown.front() != ' ' &&
               (here.e - end_x_ > height * 0.18 || here.e < end_x_ - height * 3))
        text += ' ';
    }
    text += shown;
    // Widths are not looked up: half the type size a character is right on average.
    std::size_t count = 0;
    for (const char c : shown) count += (c & 0xC0) != 0x80 ? 1 : 0;
    inside_.e += static_cast<double>(count) * size_ * 0.5 * inside_.a;
    end_x_ = place().e;
    end_y_ = here.f;
  }

  void form() {
    if (depth_ >= kDeepest || operands_.empty() || !operands_[0].isName() || !resources_.isDictionary()) return;
    auto objects = resources_.getKey("/XObject");
    if (!objects.isDictionary()) return;
    auto object = objects.getKey(operands_[0].getName());
    if (!object.isStream() || !object.getDict().getKey("/Subtype").isNameAndEquals("/Form") || ++shared_.forms > kForms)
      return;
    auto resources = object.getDict().getKey("/Resources");
    Matrix matrix = page_;
    if (auto given = object.getDict().getKey("/Matrix"); given.isArray() && given.getArrayNItems() == 6) {
      double values[6];
      for (int i = 0; i < 6; ++i)
        values[i] = given.getArrayItem(i).isNumber() ? given.getArrayItem(i).getNumericValue() : 0;
      matrix = Matrix{values[0], values[1], values[2], values[3], values[4], values[5]}.after(page_);
    }
    Reader inner(shared_, resources.isDictionary() ? resources : resources_, matrix, depth_ + 1);
    QPDFObjectHandle::parseContentStream(object, &inner);
  }

  Shared& shared_;
  QPDFObjectHandle resources_;
  Matrix page_, line_, inside_;
  std::vector<Matrix> kept_;
  std::vector<QPDFObjectHandle> operands_;
  PdfFont font_;
  int depth_;
  double size_ = 1, leading_ = 0, end_x_ = 0, end_y_ = 0;
};

bool acts(QPDFObjectHandle action) {
  if (!action.isDictionary()) return false;
  auto kind = action.getKey("/S");
  return kind.isNameAndEquals("/JavaScript") || kind.isNameAndEquals("/Launch");
}

bool has_scripts(QPDF& pdf) {
  auto root = pdf.getRoot();
  auto names = root.getKey("/Names");
  return (names.isDictionary() && names.hasKey("/JavaScript")) || acts(root.getKey("/OpenAction")) ||
         root.hasKey("/AA");
}

}  // namespace

Document read_pdf(std::string_view bytes) {
  try {
    QPDF pdf;
    pdf.setLogger(QPDFLogger::create());
    pdf.getLogger()->setError(pdf.getLogger()->discard());
    pdf.getLogger()->setWarn(pdf.getLogger()->discard());
    pdf.setSuppressWarnings(true);
    pdf.processMemoryFile("résumé", bytes.data(), bytes.size());
    if (pdf.isEncrypted())
      return refused("file-encrypted", "The PDF is protected. Save it without a password or restrictions.");
    if (has_scripts(pdf)) return refused("file-macros", "The PDF holds scripts. Print it to a new PDF without them.");
    const auto pages = QPDFPageDocumentHelper(pdf).getAllPages();
    if (pages.size() > static_cast<std::size_t>(DocumentLimits::kPages))
      return refused("file-limits", "The PDF has " + std::to_string(pages.size()) + " pages; at most " +
                                        std::to_string(DocumentLimits::kPages) + " are read.");
    Shared shared;
    for (auto page : pages) {
      Reader reader(shared, page.getAttribute("/Resources", false), Matrix{}, 0);
      page.parseContents(&reader);
      shared.text += "\n\n";
      if (shared.full()) break;
    }
    Document out;
    out.pages = static_cast<int>(pages.size());
    out.text = tidy(shared.text);
    return out;
  } catch (const QPDFExc& error) {
    if (error.getErrorCode() == qpdf_e_password || bytes.find("/Encrypt") != std::string_view::npos)
      return refused("file-encrypted", "The PDF is protected. Save it without a password or restrictions.");
    return refused("file-unreadable", "The PDF is damaged and cannot be read.");
  } catch (const std::bad_alloc&) {
    return refused("file-limits", "The PDF unpacks to far more than a résumé has.");
  } catch (const std::exception&) {
    if (bytes.find("/Encrypt") != std::string_view::npos)
      return refused("file-encrypted", "The PDF is protected. Save it without a password or restrictions.");
    return refused("file-unreadable", "The PDF is damaged and cannot be read.");
  }
}

}  // namespace counselor
