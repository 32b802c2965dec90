// What people type, and which occupation must then be among the first three.
#include "app/backend/search.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace counselor {
namespace {

struct Searches : testing::Test {
  Catalogue catalogue{career_documents()};
  Search search{catalogue};
  std::vector<const Career*> find(const std::string& text) {
    CareerQuery query;
    query.text = text;
    return search.find(query);
  }
  std::string first(const std::string& text, std::size_t most) {
    std::string out;
    for (const Career* career : find(text))
      if (most > 0 && most--) out += (out.empty() ? "" : ", ") + career->id;
    return out;
  }
};

struct Typed {
  const char* text;
  const char* wanted;
};
constexpr Typed kTyped[] = {
    {"coder", "software-developer"},
    {"coding", "software-developer"},
    {"software engineer", "software-developer"},
    {"programmer", "software-developer"},
    {"cop", "police-officer"},
    {"policeman", "police-officer"},
    {"barista", "barista"},
    {"PA", "executive-assistant"},
    {"physician assistant", "physician-assistant"},
    {"HR", "human-resources-specialist"},
    {"UX", "ux-designer"},
    {"UI designer", "ux-designer"},
    {"nurse", "registered-nurse"},
    {"nurses", "registered-nurse"},
    {"RN", "registered-nurse"},
    {"LPN", "licensed-practical-nurse"},
    {"cna", "nursing-assistant"},
    {"doctor", "physician"},
    {"doctors", "physician"},
    {"vet", "veterinarian"},
    {"vet tech", "veterinary-technician"},
    {"therapist", "counsellor"},
    {"counselor", "counsellor"},
    {"mental health counselor", "counsellor"},
    {"physical therapist", "physiotherapist"},
    {"physio", "physiotherapist"},
    {"esthetician", "beautician"},
    {"nail technician", "beautician"},
    {"barber", "hairdresser"},
    {"makeup artist", "make-up-artist"},
    {"mechanic", "automotive-technician"},
    {"car mechanic", "automotive-technician"},
    {"EV technician", "automotive-technician"},
    {"HVAC", "hvac-technician"},
    {"lineman", "line-worker"},
    {"handyman", "maintenance-worker"},
    {"construction worker", "construction-labourer"},
    {"truck driver", "truck-driver"},
    {"trucker", "truck-driver"},
    {"uber driver", "taxi-driver"},
    {"forklift operator", "warehouse-worker"},
    {"teacher", "teacher"},
    {"elementary teacher", "primary-teacher"},
    {"teachers aide", "teaching-assistant"},
    {"headteacher", "school-principal"},
    {"esl teacher", "language-teacher"},
    {"daycare", "childcare-worker"},
    {"social work", "social-worker"},
    {"receptionist", "receptionist"},
    {"secretary", "administrative-assistant"},
    {"data entry", "administrative-assistant"},
    {"call center", "customer-service-representative"},
    {"cashier", "retail-salesperson"},
    {"waitress", "waiter"},
    {"line cook", "cook"},
    {"janitor", "cleaner"},
    {"gardener", "landscaper"},
    {"accountants", "accountant"},
    {"CPA", "accountant"},
    {"CFO", "financial-manager"},
    {"CEO", "chief-executive"},
    {"realtor", "real-estate-agent"},
    {"solicitor", "lawyer"},
    {"attorney", "lawyer"},
    {"prison guard", "correctional-officer"},
    {"army", "soldier"},
    {"fireman", "firefighter"},
    {"fire fighter", "firefighter"},
    {"EMT", "paramedic"},
    {"youtuber", "content-creator"},
    {"SEO", "digital-marketing-specialist"},
    {"cybersecurity", "security-analyst"},
    {"cyber security analyst", "security-analyst"},
    {"devops", "cloud-engineer"},
    {"IT support", "it-support-specialist"},
    {"AI engineer", "machine-learning-engineer"},
    {"data scientist", "data-scientist"},
    {"x-ray technician", "radiographer"},
    {"ultrasound tech", "sonographer"},
    {"anesthesiologist", "nurse-anaesthetist"},
    {"marine biologist", "marine-biologist"},
    {"archeologist", "anthropologist"},
    {"park ranger", "conservation-officer"},
    {"dog groomer", "animal-groomer"},
    {"solar installer", "solar-installer"},
    {"sustainability", "sustainability-specialist"},
    {"jewelry designer", "jeweller"},
    {"interior design", "interior-designer"},
    {"personal trainer", "fitness-trainer"},
    {"yoga teacher", "fitness-trainer"},
    {"pharmacy tech", "pharmacy-technician"},
    {"how to become an electrician", "electrician"},
    {"electrcian", "electrician"},
    {"plummer", "plumber"},
    {"acountant", "accountant"},
    {"pysiotherapist", "physiotherapist"},
    {"vetinarian", "veterinarian"},
    {"sofware developer", "software-developer"},
    {"jobs with animals", "animal-groomer"},
};

TEST_F(Searches, put_what_is_meant_among_the_first_three) {
  for (const Typed& typed : kTyped) {
    const auto found = find(typed.text);
    const auto end = found.begin() + std::min<std::ptrdiff_t>(3, std::ssize(found));
    EXPECT_TRUE(std::any_of(found.begin(), end, [&](const Career* career) { return career->id == typed.wanted; }))
        << typed.text << ": wanted " << typed.wanted << ", got " << first(typed.text, 5);
  }
}

TEST_F(Searches, find_every_occupation_by_each_of_its_titles) {
  for (const Career& career : catalogue.all()) {
    EXPECT_EQ(find(career.title).front(), &career) << career.title << " finds first " << first(career.title, 3);
    for (const auto* names : {&career.also_called, &career.find_by})
      for (const auto& name : *names) {
        const auto found = find(name);
        const auto place = std::find(found.begin(), found.end(), &career) - found.begin();
        EXPECT_LT(place, 4) << name << " is " << career.id << ", but finds " << first(name, 4);
      }
  }
}

TEST_F(Searches, mind_neither_plural_nor_spelling) {
  for (const auto& [one, other] : {std::pair{"counsellor", "counselor"},
                                   {"nurse", "nurses"},
                                   {"jeweller", "jeweler"},
                                   {"academic adviser", "academic advisor"},
                                   {"archaeologist", "archeologists"}})
    EXPECT_EQ(first(one, 3), first(other, 3));
}

TEST_F(Searches, forgive_slips_only_where_nothing_is_found_without) {
  EXPECT_EQ(find("welder").front()->id, "welder");
  EXPECT_EQ(first("weldre", 1), "welder");
  EXPECT_TRUE(find("qqqqqqqq").empty());
  EXPECT_TRUE(find("xyzzy plugh").empty());
  EXPECT_TRUE(find("<img src=x onerror=\"document.title='owned'\">").empty()) << "half of the words at least";
  EXPECT_NE(find("nurse with zzzzz").front()->title.find("urse"), std::string::npos) << "the words that there are";
}

TEST_F(Searches, know_conditions_by_the_words_people_use) {
  for (const Career* career : find("remote")) EXPECT_TRUE(remote_friendly(*career)) << career->id;
  EXPECT_GE(find("work from home").size(), 20U);
  EXPECT_GE(find("no degree").size(), 50U);
  for (const char* bound : {"bus-driver", "surgeon", "bank-teller", "air-traffic-controller", "receptionist"})
    EXPECT_FALSE(remote_friendly(*catalogue.find(bound))) << bound;
  for (const char* free : {"software-developer", "translator", "customer-service-representative", "bookkeeper"})
    EXPECT_TRUE(remote_friendly(*catalogue.find(free))) << free;
}

TEST_F(Searches, look_for_the_first_twelve_words_only) {
  CareerQuery some, many, behind;
  for (const char* word : {"wiring", "panels", "cable", "faults", "plants", "homes", "offices", "safety", "drawings",
                           "tools", "test", "certify"})
    some.text += std::string(word) + " ";
  many.text = some.text;
  // Whoever sends fifty keeps nobody else waiting.
  for (int i = 0; i < 50; ++i) many.text += std::string(1, static_cast<char>('a' + i * 7 % 26)) + " ";
  for (int i = 0; i < 12; ++i) behind.text += "xqzv" + std::string(static_cast<std::size_t>(i) + 1, 'w') + " ";
  behind.text += some.text;
  const auto ids = [&](const CareerQuery& query) {
    std::vector<std::string> out;
    for (const auto* career : search.find(query)) out.push_back(career->id);
    return out;
  };
  ASSERT_FALSE(ids(some).empty());
  EXPECT_EQ(ids(many), ids(some));
  EXPECT_TRUE(ids(behind).empty()) << "what stands behind twelve others";
}

TEST(Words, meet_in_one_form) {
  EXPECT_EQ(singular("nurses"), "nurse");
  EXPECT_EQ(singular("therapies"), "therapy");
  EXPECT_EQ(singular("coaches"), "coach");
  EXPECT_EQ(singular("business"), "business");
  EXPECT_EQ(singular("physics"), "physics");
  EXPECT_EQ(one_spelling("jeweller"), one_spelling("jeweler"));
  EXPECT_EQ(one_spelling("anaesthetist"), one_spelling("anesthetist"));
}

}  // namespace
}  // namespace counselor
