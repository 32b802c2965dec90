// From pushed blobs to a running container: the store's layers are what overlayfs wants.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "stratus/dataplane/containers/kernel/machine.h"
#include "stratus/dataplane/images/image_store.h"

namespace stratus::containers {
namespace {

namespace fs = std::filesystem;
using images::digest_of;

std::string tar_of(const std::string& directory, const std::string& compression) {
  Command command;
  command.argv = {"tar", "-C", directory, compression, "--numeric-owner", "-cf", "-", "."};
  auto out = run_checked(command);
  EXPECT_TRUE(out.ok()) << out.error().message();
  return *out;
}

std::string descriptor(const std::string& content, const std::string& type) {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest_of(content) + R"(","size":)" +
         std::to_string(content.size()) + "}";
}

TEST(ContainerKernel, AnImageThatWasPushedRunsWithItsWhiteouts) {
  const Machine machine;
  const std::string base = machine.directory() + "/layer", upper = machine.directory() + "/changes";
  fs::create_directories(base + "/hidden/below");
  std::ofstream(base + "/removed") << "x";
  fs::create_directories(upper + "/hidden");
  std::ofstream(upper + "/.wh.removed") << "";
  std::ofstream(upper + "/hidden/.wh..wh..opq") << "";
  std::ofstream(upper + "/hidden/new") << "new";

  auto opened = images::ImageStore::open(machine.directory() + "/images");
  ASSERT_TRUE(opened.ok()) << opened.error().message();
  auto& store = **opened;
  const std::string base_tar = tar_of(base, "--no-auto-compress"), upper_tar = tar_of(upper, "--no-auto-compress");
  const std::string base_blob = tar_of(base, "--gzip"), upper_blob = tar_of(upper, "--zstd");
  const std::string config =
      R"({"os":"linux","architecture":")" + std::string(images::ImageStore::host_architecture()) +
      R"(","config":{"Entrypoint":["/bin/ls"],"Cmd":["/hidden","/removed"],"User":"app"},"rootfs":{"diff_ids":[")" +
      digest_of(base_tar) + R"(",")" + digest_of(upper_tar) + R"("]}})";
  for (const auto& content : {base_blob, upper_blob, config})
    ASSERT_TRUE(store.put_blob(content, digest_of(content)).ok());
  const std::string manifest = R"({"schemaVersion":2,"config":)" +
                               descriptor(config, "application/vnd.oci.image.config.v1+json") + R"(,"layers":[)" +
                               descriptor(base_blob, "application/vnd.oci.image.layer.v1.tar+gzip") + "," +
                               descriptor(upper_blob, "application/vnd.oci.image.layer.v1.tar+zstd") + "]}";
  const auto stored = store.put_manifest(images::media::oci_manifest, manifest);
  ASSERT_TRUE(stored.ok()) << stored.error().message();
  const auto image = store.unpack(stored->digest);
  ASSERT_TRUE(image.ok()) << image.error().message();

  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto spec = machine.spec("image", "");
  spec.command.reset();
  spec.image = image->config;
  spec.layer_directories = image->layer_directories;
  const auto started = owner.start(spec);
  ASSERT_TRUE(started.ok()) << started.error().message();
  ASSERT_TRUE(eventually([&] { return owner.log_finished("image"); }));
  const auto log = owner.log("image");
  EXPECT_THAT(log, testing::HasSubstr("/removed: No such file"));
  EXPECT_THAT(log, testing::HasSubstr("new\n"));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("below")));
}

}  // namespace
}  // namespace stratus::containers
