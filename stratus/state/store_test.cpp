#include "stratus/state/store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "stratus/core/simulated_loop.h"

namespace stratus::state {
namespace {

struct Vpc {
  std::string id;
  std::string cidr;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(Vpc, id, cidr, tags)
};

const Key kFirst{"000000000000", "us-east-1", "vpc-1"};
const Key kSecond{"000000000000", "us-east-1", "vpc-2"};

struct Directory {
  std::string path;
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "stratus-store-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
};

TEST(Store, a_call_that_throws_changes_nothing_in_memory_or_on_disk) {
  const Directory directory;
  SimulatedLoop loop;
  {
    Store store(loop, directory.path);
    Table<Vpc> vpcs(store, "vpcs");
    store.call([&] { vpcs.put(kFirst, {"vpc-1", "10.0.0.0/16", {}}); });
    bool told = false;
    EXPECT_THROW(store.call([&] {
      vpcs.update(kFirst, [](Vpc& vpc) { vpc.cidr = "10.9.0.0/16"; });
      vpcs.put(kSecond, {"vpc-2", "10.1.0.0/16", {}});
      vpcs.erase(kFirst);
      store.after_commit([&] { told = true; });
      throw std::runtime_error("no");
    }),
                 std::runtime_error);
    ASSERT_NE(vpcs.find(kFirst), nullptr);
    EXPECT_EQ(vpcs.find(kFirst)->cidr, "10.0.0.0/16");
    EXPECT_EQ(vpcs.find(kSecond), nullptr);
    loop.settle();
    EXPECT_FALSE(told) << "what a failed call wanted to tell is forgotten";
  }
  Store store(loop, directory.path);
  Table<Vpc> vpcs(store, "vpcs");
  EXPECT_EQ(vpcs.size(), 1U);
  EXPECT_EQ(vpcs.find(kFirst)->cidr, "10.0.0.0/16");
}

TEST(Store, a_nested_call_that_throws_leaves_the_outer_one_alone) {
  SimulatedLoop loop;
  Store store(loop, "");
  Table<Vpc> vpcs(store, "vpcs");
  store.call([&] {
    vpcs.put(kFirst, {"vpc-1", "10.0.0.0/16", {}});
    EXPECT_THROW(store.call([&] {
      vpcs.erase(kFirst);
      throw std::runtime_error("no");
    }),
                 std::runtime_error);
  });
  EXPECT_NE(vpcs.find(kFirst), nullptr);
}

TEST(Store, calls_of_one_turn_share_one_commit_and_are_told_after_it) {
  SimulatedLoop loop;
  Store store(loop, "");
  Table<Vpc> vpcs(store, "vpcs");
  std::vector<int> told;
  store.call([&] { vpcs.put(kFirst, {"vpc-1", "", {}}); });
  store.after_commit([&] { told.push_back(1); });
  store.call([&] { vpcs.put(kSecond, {"vpc-2", "", {}}); });
  store.after_commit([&] { told.push_back(2); });
  EXPECT_TRUE(store.dirty());
  EXPECT_TRUE(told.empty());
  loop.settle();
  EXPECT_FALSE(store.dirty());
  EXPECT_EQ(told, (std::vector<int>{1, 2}));
}

TEST(Store, rows_of_accounts_and_regions_are_apart) {
  SimulatedLoop loop;
  Store store(loop, "");
  Table<Vpc> vpcs(store, "vpcs");
  vpcs.put({"1", "us-east-1", "a"}, {"a", "", {}});
  vpcs.put({"1", "us-west-2", "b"}, {"b", "", {}});
  vpcs.put({"2", "us-east-1", "c"}, {"c", "", {}});
  ASSERT_EQ(vpcs.list("1", "us-east-1").size(), 1U);
  EXPECT_EQ(vpcs.list("1", "us-east-1")[0]->id, "a");
  store.clear("1");
  EXPECT_EQ(vpcs.size(), 1U);
}

/// A process that acknowledges commits over a pipe is killed at a random moment; everything that it acknowledged is
/// there.
TEST(Store, kill_9_loses_nothing_that_was_acknowledged) {
  for (unsigned round = 0; round < 5; ++round) {
    const Directory directory;
    int fds[2];
    ASSERT_EQ(::pipe(fds), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      SimulatedLoop loop;
      Store store(loop, directory.path);
      Table<Vpc> vpcs(store, "vpcs");
      for (int n = 0;; ++n) {
        store.call([&] { vpcs.put({"1", "r", std::to_string(n)}, {std::to_string(n), "10.0.0.0/16", {}}); });
        store.after_commit([&] { [[maybe_unused]] auto w = ::write(fds[1], &n, sizeof n); });
        loop.settle();
      }
    }
    ::close(fds[1]);
    int acknowledged = -1;
    const int wanted = static_cast<int>(20 + round * 37);
    while (acknowledged < wanted && ::read(fds[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    int last = acknowledged;
    while (::read(fds[0], &last, sizeof last) == sizeof last) acknowledged = last;
    ::close(fds[0]);
    SimulatedLoop loop;
    Store store(loop, directory.path);
    Table<Vpc> vpcs(store, "vpcs");
    for (int n = 0; n <= acknowledged; ++n)
      ASSERT_NE(vpcs.find("1", "r", std::to_string(n)), nullptr) << n << " of " << acknowledged;
  }
}

TEST(Store, migrations_run_once_each) {
  const Directory directory;
  SimulatedLoop loop;
  for (int start = 0; start < 2; ++start) {
    Store store(loop, directory.path);
    store.migrate("events", {"CREATE TABLE events (at INTEGER)", "ALTER TABLE events ADD COLUMN message TEXT"});
    store.touch();
    store.sql().query("INSERT INTO events VALUES (1, 'x')").run();
    loop.settle();
  }
  Store store(loop, directory.path);
  auto query = store.sql().query("SELECT count(*) FROM events");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.integer(0), 2);
}

TEST(Store, a_backup_is_a_whole_state) {
  const Directory directory;
  SimulatedLoop loop;
  Store store(loop, directory.path);
  Table<Vpc> vpcs(store, "vpcs");
  store.call([&] { vpcs.put(kFirst, {"vpc-1", "10.0.0.0/16", {}}); });
  store.commit();
  std::filesystem::create_directory(directory.path + "/copy");
  store.sql().backup_to(directory.path + "/copy/state.db");
  Store copy(loop, directory.path + "/copy");
  Table<Vpc> copied(copy, "vpcs");
  EXPECT_EQ(copied.size(), 1U);
}

}  // namespace
}  // namespace stratus::state
