#include "app/backend/api.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

namespace counselor {
namespace {

namespace json = boost::json;

struct Answers : testing::Test {
  Config config;
  Catalogue catalogue{career_documents()};
  Search search{catalogue};
  Api api{catalogue, search, config};
  Response get(const std::string& target, const std::string& method = "GET") {
    Request request;
    request.method = method;
    request.target = target;
    request.request_id = "id";
    return api.answer(request);
  }
  Response post(const std::string& target, const std::string& body) {
    Request request;
    request.method = "POST";
    request.target = target;
    request.content_type = "application/json; charset=utf-8";
    request.body = body;
    return api.answer(request);
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
  EXPECT_GE(total, 150U);
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

TEST_F(Answers, an_error_names_its_place_in_the_body) {
  const auto answer =
      json::parse(post("/api/match", R"({"scores":{"R":101,"I":0,"A":0,"S":0,"E":0,"C":0},"odd/key":1})").body);
  EXPECT_EQ(answer.at("status").to_number<int>(), 422);
  EXPECT_EQ(answer.at("errors").at(0).at("pointer").as_string(), "/scores/R");
}

TEST_F(Answers, readiness_falls_while_draining_and_health_does_not) {
  EXPECT_EQ(get("/ready").status, 200);
  api.draining = [] { return true; };
  EXPECT_EQ(get("/ready").status, 503);
  EXPECT_EQ(get("/health").status, 200);
}

TEST_F(Answers, the_list_is_the_same_from_memory) {
  const auto first = get("/api/careers?q=nurse"), second = get("/api/careers?q=nurse");
  EXPECT_EQ(first.body, second.body);
  for (int i = 0; i < 600; ++i) get("/api/careers?offset=" + std::to_string(i));
  EXPECT_EQ(get("/api/careers?q=nurse").body, first.body);
}

}  // namespace
}  // namespace counselor
