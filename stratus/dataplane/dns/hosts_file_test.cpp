#include "stratus/dataplane/dns/hosts_file.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "stratus/core/process.h"

namespace stratus::dns {
namespace {

namespace fs = std::filesystem;

const std::string theirs = "127.0.0.1\tlocalhost\n# a comment\n\n10.0.0.1 box   box.lan\n";

TEST(HostsBlock, IsAppendedReplacedInPlaceAndRemoved) {
  const auto one = with_hosts_block(theirs, "dev", {{"198.18.0.2", "app.example.com"}});
  EXPECT_EQ(one, theirs + "# stratus dev begin\n198.18.0.2 app.example.com\n# stratus dev end\n");
  const auto followed = one + "10.0.0.9 later\n";
  const auto two = with_hosts_block(followed, "dev", {{"198.18.0.3", "a.example"}, {"198.18.0.4", "b.example"}});
  EXPECT_EQ(
      two,
      theirs + "# stratus dev begin\n198.18.0.3 a.example\n198.18.0.4 b.example\n# stratus dev end\n10.0.0.9 later\n");
  EXPECT_EQ(with_hosts_block(two, "dev", {}), theirs + "10.0.0.9 later\n");
  EXPECT_EQ(with_hosts_block(theirs, "dev", {}), theirs);
}

TEST(HostsBlock, LeavesTheBlocksOfOthersAlone) {
  const auto mine = with_hosts_block(theirs, "dev", {{"198.18.0.2", "a"}});
  const auto both = with_hosts_block(mine, "test", {{"198.18.0.3", "b"}});
  EXPECT_EQ(with_hosts_block(both, "test", {}), mine);
  EXPECT_EQ(with_hosts_block(both, "de", {}), both);
}

TEST(HostsBlock, DoesNotEatWhatFollowsABrokenMarker) {
  const std::string broken = "# stratus dev begin\n10.0.0.1 somebody-elses\n";
  EXPECT_EQ(with_hosts_block(broken, "dev", {}), "10.0.0.1 somebody-elses\n");
}

TEST(HostsBlock, LetsNoEntryBreakOutOfItsLine) {
  EXPECT_EQ(with_hosts_block(theirs, "dev",
                             {{"10.0.0.1", "a\n6.6.6.6 bank"}, {"10.0.0.1 x", "a"}, {"1.2.3.4", "#a"}, {"", "a"}}),
            theirs);
}

TEST(HostsBlock, EndsALastLineThatHasNoNewline) {
  EXPECT_EQ(with_hosts_block("127.0.0.1 localhost", "t", {{"10.0.0.1", "a"}}),
            "127.0.0.1 localhost\n# stratus t begin\n10.0.0.1 a\n# stratus t end\n");
}

class HostsFileTest : public testing::Test {
 protected:
  void SetUp() override {
    char made[] = "/tmp/hosts-test-XXXXXX";
    ASSERT_NE(mkdtemp(made), nullptr);
    directory = made;
    path = directory + "/hosts";
    ASSERT_TRUE(write_file(path, theirs, 0640).ok());
  }
  void TearDown() override { fs::remove_all(directory); }
  std::string directory, path;
};

TEST_F(HostsFileTest, IsReplacedAtomicallyWithItsMode) {
  const HostsFile file(path, "dev");
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  ASSERT_TRUE(file.update({{"198.18.0.2", "a.example"}}).ok());
  ASSERT_EQ(::stat(path.c_str(), &after), 0);
  EXPECT_NE(before.st_ino, after.st_ino);
  EXPECT_EQ(after.st_mode, before.st_mode);
  ASSERT_TRUE(file.update({{"198.18.0.2", "a.example"}}).ok());
  struct stat again {};
  ASSERT_EQ(::stat(path.c_str(), &again), 0);
  EXPECT_EQ(again.st_ino, after.st_ino);  // nothing changed, nothing was written
  ASSERT_TRUE(file.remove().ok());
  EXPECT_EQ(*read_file(path), theirs);
}

TEST_F(HostsFileTest, IsWrittenInPlaceWhereItIsABindMount) {
  const auto mounted = directory + "/mounted";
  ASSERT_TRUE(write_file(mounted, "", 0644).ok());
  ASSERT_EQ(::mount(path.c_str(), mounted.c_str(), nullptr, MS_BIND, nullptr), 0)
      << "needs the right to mount: run as root";
  const HostsFile file(mounted, "dev");
  const auto updated = file.update({{"198.18.0.2", "a.example"}});
  const auto content = read_file(path);
  const auto removed = file.remove();
  const auto afterwards = read_file(path);
  ::umount(mounted.c_str());
  EXPECT_TRUE(updated.ok());
  EXPECT_EQ(*content, theirs + "# stratus dev begin\n198.18.0.2 a.example\n# stratus dev end\n");
  EXPECT_TRUE(removed.ok());
  EXPECT_EQ(*afterwards, theirs);
  EXPECT_FALSE(fs::exists(mounted + ".new"));
}

TEST_F(HostsFileTest, SaysWhatItCouldNotDo) {
  const auto updated = HostsFile(directory + "/none/hosts", "dev").update({{"198.18.0.2", "a"}});
  ASSERT_FALSE(updated.ok());
  EXPECT_NE(updated.error().message().find("/none"), std::string::npos);
}

}  // namespace
}  // namespace stratus::dns
