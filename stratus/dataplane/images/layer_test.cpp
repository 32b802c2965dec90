#include "stratus/dataplane/images/layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "stratus/core/process.h"
#include "stratus/dataplane/images/image_config.h"
#include "stratus/dataplane/images/test_tar.h"

namespace stratus::images {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Owners, devices and trusted attributes can only be set by root.
class LayerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::geteuid(), 0U) << "layers are unpacked by root";
    fs::create_directory(layer());
    fs::create_directory(outside());
    if (!write_file(outside() + "/victim", "untouched")) std::abort();
  }
  Result<UnpackedLayer> unpack(const std::string& tar, const LayerLimits& limits = {1U << 24U, 1000}) {
    const std::string blob = directory_.path() + "/blob";
    if (auto written = write_file(blob, tar); !written) return written.error();
    return unpack_tar(blob, layer(), limits);
  }
  std::string layer() const { return directory_.path() + "/layer"; }
  std::string outside() const { return directory_.path() + "/outside"; }
  bool outside_untouched() const {
    const auto victim = read_file(outside() + "/victim");
    return victim && *victim == "untouched" &&
           std::distance(fs::directory_iterator(outside()), fs::directory_iterator()) == 1;
  }
  struct stat stat_of(const std::string& name) const {
    struct stat out {};
    EXPECT_EQ(::lstat((layer() + "/" + name).c_str(), &out), 0) << name;
    return out;
  }
  TemporaryDirectory directory_;
};

TEST_F(LayerTest, KeepsContentOwnerModeTimeAndLinks) {
  const auto unpacked = unpack(make_tar({{"./", AE_IFDIR, "", "", 0750, 3, 4},
                                         {"etc/", AE_IFDIR, "", "", 0711},
                                         {"etc/f", AE_IFREG, "text", "", 04755, 1000, 2000},
                                         {"etc/s", AE_IFLNK, "/etc/f"},
                                         {"hard", AE_IFREG, "", "etc/f"},
                                         {"größe", AE_IFREG, "x"}}));
  ASSERT_TRUE(unpacked.ok()) << unpacked.error().message();
  const auto file = stat_of("etc/f");
  EXPECT_EQ(file.st_mode, static_cast<mode_t>(S_IFREG | 04755));
  EXPECT_EQ(file.st_uid, 1000U);
  EXPECT_EQ(file.st_gid, 2000U);
  EXPECT_EQ(file.st_mtim.tv_sec, 1'700'000'000);
  EXPECT_EQ(stat_of("hard").st_ino, file.st_ino);
  EXPECT_EQ(fs::read_symlink(layer() + "/etc/s"), "/etc/f");
  EXPECT_EQ(stat_of("etc").st_mode & 0777U, 0711U);
  EXPECT_EQ(stat_of("etc").st_mtim.tv_sec, 1'700'000'000);
  EXPECT_EQ(stat_of("").st_mode & 0777U, 0750U);
  EXPECT_EQ(stat_of("").st_uid, 3U);
  EXPECT_EQ(*read_file(layer() + "/größe"), "x");
}

TEST_F(LayerTest, DiffIdIsTheDigestOfTheTarHoweverItIsCompressed) {
  const std::vector<TarEntry> entries{{"a", AE_IFREG, std::string(100'000, 'a')}};
  const std::string plain = digest_of(make_tar(entries));
  for (const int filter : {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD}) {
    const auto unpacked = unpack(make_tar(entries, filter));
    ASSERT_TRUE(unpacked.ok()) << unpacked.error().message();
    EXPECT_EQ(unpacked->diff_id, plain);
    EXPECT_EQ(unpacked->bytes, 100'000U);
  }
}

TEST_F(LayerTest, WhiteoutsBecomeOverlayfssOwn) {
  const auto unpacked = unpack(make_tar({{"dir/.wh.gone"},
                                         {"opaque/.wh..wh..opq"},
                                         {"opaque/kept", AE_IFREG, "x"},
                                         {"both/.wh.again"},
                                         {"both/again", AE_IFREG, "new"},
                                         {".wh.replaced"},
                                         {"replaced/", AE_IFDIR, "", "", 0755},
                                         {".wh..wh.plnk/1", AE_IFREG, "aufs"}}));
  ASSERT_TRUE(unpacked.ok()) << unpacked.error().message();
  const auto gone = stat_of("dir/gone");
  EXPECT_TRUE(S_ISCHR(gone.st_mode));
  EXPECT_EQ(gone.st_rdev, 0U);
  char value[4] = {};
  EXPECT_EQ(::getxattr((layer() + "/opaque").c_str(), "trusted.overlay.opaque", value, sizeof value), 1);
  EXPECT_EQ(value[0], 'y');
  EXPECT_EQ(*read_file(layer() + "/both/again"), "new");
  EXPECT_EQ(::getxattr((layer() + "/replaced").c_str(), "trusted.overlay.opaque", value, sizeof value), 1);
  EXPECT_EQ(::getxattr((layer() + "/dir").c_str(), "trusted.overlay.opaque", value, sizeof value), -1);
}

TEST_F(LayerTest, DevicesAreSkipped) {
  const auto unpacked = unpack(make_tar({{"null", AE_IFCHR}, {"disk", AE_IFBLK}, {"file", AE_IFREG, "x"}}));
  ASSERT_TRUE(unpacked.ok());
  EXPECT_EQ(unpacked->skipped, 2U);
  EXPECT_FALSE(fs::exists(layer() + "/null"));
  EXPECT_TRUE(fs::exists(layer() + "/file"));
}

struct Hostile {
  const char* name;
  std::vector<TarEntry> (*entries)(const std::string& outside);
  bool refused;
};

class HostileLayer : public LayerTest, public testing::WithParamInterface<Hostile> {};

TEST_P(HostileLayer, NeverReachesOutOfItsDirectory) {
  const auto unpacked = unpack(make_tar(GetParam().entries(outside())));
  EXPECT_EQ(unpacked.ok(), !GetParam().refused) << (unpacked ? "" : unpacked.error().message());
  EXPECT_EQ(unpacked ? EINVAL : unpacked.error().error, EINVAL);
  EXPECT_TRUE(outside_untouched());
}

INSTANTIATE_TEST_SUITE_P(
    All, HostileLayer,
    testing::Values(Hostile{"ParentDirectory",
                            [](const std::string&) {
                              return std::vector<TarEntry>{{"../outside/new", AE_IFREG, "x"}};
                            },
                            true},
                    Hostile{"ParentInTheMiddle",
                            [](const std::string&) {
                              return std::vector<TarEntry>{{"a/../../outside/victim", AE_IFREG, "x"}};
                            },
                            true},
                    Hostile{"AbsolutePathStaysInside",
                            [](const std::string& o) {
                              return std::vector<TarEntry>{{o + "/victim", AE_IFREG, "x"}};
                            },
                            false},
                    Hostile{"ThroughAnAbsoluteLink",
                            [](const std::string& o) {
                              return std::vector<TarEntry>{{"l", AE_IFLNK, o}, {"l/victim", AE_IFREG, "x"}};
                            },
                            true},
                    Hostile{"ThroughARelativeLink",
                            [](const std::string&) {
                              return std::vector<TarEntry>{{"l", AE_IFLNK, "../outside"}, {"l/victim", AE_IFREG, "x"}};
                            },
                            true},
                    Hostile{"ThroughAChainOfLinks",
                            [](const std::string&) {
                              return std::vector<TarEntry>{
                                  {"a", AE_IFLNK, "."}, {"a/b", AE_IFLNK, ".."}, {"b/outside/new", AE_IFREG, "x"}};
                            },
                            false},
                    Hostile{"OverALinkToAFile",
                            [](const std::string& o) {
                              return std::vector<TarEntry>{{"f", AE_IFLNK, o + "/victim"}, {"f", AE_IFREG, "x"}};
                            },
                            false},
                    Hostile{"DirectoryOverALink",
                            [](const std::string& o) {
                              return std::vector<TarEntry>{
                                  {"d", AE_IFLNK, o}, {"d/", AE_IFDIR, "", "", 0777}, {"d/new", AE_IFREG, "x"}};
                            },
                            false},
                    Hostile{
                        "HardLinkByParent",
                        [](const std::string&) {
                          return std::vector<TarEntry>{{"h", AE_IFREG, "", "../outside/victim"}, {"h", AE_IFREG, "x"}};
                        },
                        true},
                    Hostile{"HardLinkByAbsolutePath",
                            [](const std::string& o) {
                              return std::vector<TarEntry>{{"h", AE_IFREG, "", o + "/victim"}};
                            },
                            true},
                    Hostile{"HardLinkThroughALink",
                            [](const std::string& o) {
                              return std::vector<TarEntry>{{"l", AE_IFLNK, o}, {"h", AE_IFREG, "", "l/victim"}};
                            },
                            true},
                    Hostile{"WhiteoutOfTheParent",
                            [](const std::string&) {
                              return std::vector<TarEntry>{{"a/.wh..."}, {"a/.wh..", AE_IFREG, ""}};
                            },
                            true},
                    Hostile{"OpaqueThroughALink",
                            [](const std::string& o) {
                              return std::vector<TarEntry>{{"l", AE_IFLNK, o}, {"l/.wh..wh..opq"}};
                            },
                            true}),
    [](const auto& hostile) { return std::string(hostile.param.name); });

TEST_F(LayerTest, BombsStopAtTheLimits) {
  const auto large =
      unpack(make_tar({{"zeros", AE_IFREG, std::string(2U << 20U, '\0')}}, ARCHIVE_FILTER_GZIP), {1U << 20U, 10});
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().error, EFBIG);
  std::vector<TarEntry> many;
  for (int i = 0; i < 20; ++i) many.push_back({"f" + std::to_string(i)});
  const auto entries = unpack(make_tar(many), {1U << 20U, 10});
  ASSERT_FALSE(entries.ok());
  EXPECT_EQ(entries.error().error, EFBIG);
  const auto padded = unpack(make_tar({}) + std::string(80U << 20U, '\0'));
  ASSERT_FALSE(padded.ok());
  EXPECT_EQ(padded.error().error, EFBIG);
  EXPECT_TRUE(unpack(make_tar({{"small", AE_IFREG, "x"}}), {1U << 20U, 10}).ok()) << "the control";
}

TEST_F(LayerTest, WhatIsNoTarIsRefused) {
  for (const std::string& blob :
       {std::string(5000, 'x'), make_tar({{"a", AE_IFREG, std::string(50'000, 'a')}}).substr(0, 9'000)}) {
    const auto unpacked = unpack(blob);
    ASSERT_FALSE(unpacked.ok());
    EXPECT_EQ(unpacked.error().error, EINVAL) << unpacked.error().message();
  }
}

}  // namespace
}  // namespace stratus::images
