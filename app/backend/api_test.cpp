#include "app/backend/api.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

namespace counselor {
namespace {

namespace json = boost::json;

struct Answers : testing::Test {
  Api api{load_careers(careers_json())};
  Response get(const std::string& target, const std::string& method = "GET") {
    return api.answer({method, target, "id"});
  }
};

TEST_F(Answers, the_explorer_pages_through_every_career_once) {
  std::set<std::string> seen;
  std::size_t total = 0;
  for (int offset = 0;; offset += 7) {
    const auto page = json::parse(get("/api/careers?limit=7&offset=" + std::to_string(offset)).body);
    total = page.at("total").to_number<std::size_t>();
    if (page.at("careers").as_array().empty()) break;
    for (const auto& career : page.at("careers").as_array())
      EXPECT_TRUE(seen.insert(std::string(career.at("id").as_string())).second);
  }
  EXPECT_EQ(seen.size(), total);
  EXPECT_GE(total, 20U);
}

TEST_F(Answers, a_search_finds_by_skill_and_a_filter_by_interest) {
  const auto found = json::parse(get("/api/careers?q=WELDING").body);
  ASSERT_GE(found.at("careers").as_array().size(), 1U);
  const auto artistic = json::parse(get("/api/careers?interest=A&limit=100").body);
  for (const auto& career : artistic.at("careers").as_array())
    EXPECT_NE(career.at("interests").as_string().find('A'), std::string::npos);
  EXPECT_EQ(json::parse(get("/api/careers?q=no%20such%20thing").body).at("total").to_number<int>(), 0);
}

TEST_F(Answers, pay_is_a_range_with_its_basis_and_year) {
  const auto all = json::parse(get("/api/careers?limit=100").body);
  for (const auto& career : all.at("careers").as_array()) {
    EXPECT_LT(career.at("pay").at("low").to_number<int>(), career.at("pay").at("high").to_number<int>());
    EXPECT_FALSE(career.at("pay").at("basis").as_string().empty());
    EXPECT_GE(career.at("pay").at("year").to_number<int>(), 2025);
  }
}

TEST_F(Answers, bad_input_is_a_problem_document) {
  for (const char* target :
       {"/api/careers?limit=0", "/api/careers?limit=x", "/api/careers?interest=Q", "/api/careers?offset=-1"}) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 400) << target;
    EXPECT_EQ(answer.content_type, "application/problem+json");
  }
  EXPECT_EQ(get("/api/careers/nobody").status, 404);
  EXPECT_EQ(get("/etc/passwd").status, 404);
  EXPECT_EQ(get("/api/careers", "DELETE").status, 405);
}

TEST_F(Answers, both_parts_of_health_answer) {
  EXPECT_EQ(get("/health").status, 200);
  EXPECT_EQ(get("/ready").status, 200);
  EXPECT_EQ(get("/api/version").status, 200);
}

}  // namespace
}  // namespace counselor
