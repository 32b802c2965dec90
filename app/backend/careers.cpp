#include "app/backend/careers.h"

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>

namespace counselor {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

std::vector<Career> load_careers(std::string_view document) {
  namespace json = boost::json;
  std::vector<Career> out;
  const auto root = json::parse(document);
  const auto& basis = root.at("pay_basis").as_string();
  const auto year = root.at("pay_year").to_number<int>();
  for (const auto& item : root.at("careers").as_array()) {
    Career career;
    const auto text = [&](const char* key) { return std::string(item.at(key).as_string()); };
    career.id = text("id");
    career.title = text("title");
    career.summary = text("summary");
    career.education = text("education");
    career.day = text("day");
    career.interests = text("interests");
    career.growth = text("growth");
    for (const auto& skill : item.at("skills").as_array()) career.skills.emplace_back(skill.as_string());
    career.pay_low = item.at("pay").at(0).to_number<int>();
    career.pay_high = item.at("pay").at(1).to_number<int>();
    if (career.pay_low <= 0 || career.pay_high < career.pay_low)
      throw std::runtime_error(career.id + ": the pay is no range");
    json::object shown = item.as_object();
    shown["pay"] = json::object{{"low", career.pay_low}, {"high", career.pay_high}, {"currency", "USD"},
                                {"per", "year"},         {"basis", basis},          {"year", year}};
    career.json = json::serialize(shown);
    out.push_back(std::move(career));
  }
  std::sort(out.begin(), out.end(), [](const Career& a, const Career& b) { return a.title < b.title; });
  return out;
}

CareerPage find_careers(const std::vector<Career>& all, const CareerQuery& query) {
  CareerPage out;
  const std::string wanted = lower(query.text);
  for (const Career& career : all) {
    if (!query.interest.empty() && career.interests.find(query.interest) == std::string::npos) continue;
    if (!wanted.empty()) {
      std::string where = lower(career.title + " " + career.summary);
      for (const auto& skill : career.skills) where += " " + lower(skill);
      if (where.find(wanted) == std::string::npos) continue;
    }
    if (out.total++ >= query.offset && out.careers.size() < query.limit) out.careers.push_back(&career);
  }
  return out;
}

}  // namespace counselor
