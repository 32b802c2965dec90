#include "stratus/wire/pagination.h"

#include <gtest/gtest.h>

#include <random>

#include "stratus/core/error.h"

namespace stratus::wire {
namespace {

const auto kItself = [](const std::string& item) -> const std::string& { return item; };

std::string refusal(std::string_view scope, std::string_view token) {
  try {
    page_position(scope, token, "InvalidNextToken");
    return "";
  } catch (const aws::Error& e) {
    return e.code;
  }
}

TEST(Pagination, PagesTogetherAreTheWholeListing) {
  std::vector<std::string> all;
  for (int i = 100; i < 123; ++i) all.push_back("item-" + std::to_string(i));
  for (const std::size_t size : {1U, 5U, 22U, 23U, 24U, 1000U}) {
    std::vector<std::string> seen;
    std::optional<std::string> token;
    do {
      auto items = all;
      token = page(items, "ListThings", token, size, "InvalidNextToken", kItself);
      EXPECT_LE(items.size(), size);
      EXPECT_FALSE(items.empty());
      seen.insert(seen.end(), items.begin(), items.end());
    } while (token);
    EXPECT_EQ(seen, all) << size;
  }
}

TEST(Pagination, WhatComesAndGoesBetweenPagesNeitherRepeatsNorSkipsTheRest) {
  std::vector<std::string> items = {"a", "b", "c", "d"};
  auto token = page(items, "s", std::nullopt, 2, "E", kItself);
  ASSERT_TRUE(token);
  items = {"a2", "c", "d"};  // "a" and "b" went, "a2" came
  EXPECT_FALSE(page(items, "s", token, 2, "E", kItself));
  EXPECT_EQ(items, (std::vector<std::string>{"c", "d"}));
  items = {};
  EXPECT_FALSE(page(items, "s", token, 2, "E", kItself));
}

TEST(Pagination, AnEmptyTokenIsTheFirstPage) {
  std::vector<std::string> items = {"a", "b"};
  EXPECT_FALSE(page(items, "s", std::string(), 10, "E", kItself));
  EXPECT_EQ(items.size(), 2U);
}

TEST(Pagination, ATokenOfAnotherListingIsRefused) {
  const std::string token = page_token("DescribeVpcs", "vpc-1");
  EXPECT_EQ(page_position("DescribeVpcs", token, "InvalidNextToken"), "vpc-1");
  EXPECT_EQ(refusal("DescribeSubnets", token), "InvalidNextToken");
}

TEST(Pagination, ABrokenTokenIsRefused) {
  const std::string token = page_token("s", "positions");  // 18 bytes: no padding
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'Q' : 'A';
    EXPECT_EQ(refusal("s", changed), "InvalidNextToken") << i;
    EXPECT_EQ(refusal("s", token.substr(0, i)), "InvalidNextToken") << i;
  }
  for (const std::string& text :
       {std::string("1"), std::string("vpc-1"), std::string("*"), std::string("AAAA"), std::string(100'000, 'A')}) {
    EXPECT_EQ(refusal("s", text), "InvalidNextToken");
  }
  std::mt19937 random(7);
  for (int i = 0; i < 2'000; ++i) {
    std::string noise(random() % 64, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    EXPECT_EQ(refusal("s", noise), "InvalidNextToken");
  }
}

}  // namespace
}  // namespace stratus::wire
