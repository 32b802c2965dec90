#include "stratus/dataplane/images/image_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "stratus/core/process.h"
#include "stratus/dataplane/images/test_tar.h"

namespace stratus::images {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string descriptor(std::string_view type, const std::string& content, const std::string& more = "") {
  return R"({"mediaType":")" + std::string(type) + R"(","digest":")" + digest_of(content) + R"(","size":)" +
         std::to_string(content.size()) + more + "}";
}

class StoreTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    auto opened = ImageStore::open(directory_.path() + "/images");
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    store_ = std::move(*opened);
  }
  void put(const std::string& content) {
    const auto blob = store_->put_blob(content, digest_of(content));
    ASSERT_TRUE(blob.ok()) << blob.error().message();
  }
  /// An image of `layers` (tars), pushed; its digest.
  std::string push(const std::vector<std::string>& layers, const std::string& architecture = "amd64") {
    std::string diff_ids, descriptors;
    for (const auto& layer : layers) {
      put(layer);
      diff_ids += (diff_ids.empty() ? "\"" : ",\"") + digest_of(layer) + "\"";
      descriptors += (descriptors.empty() ? "" : ",") + descriptor("application/vnd.oci.image.layer.v1.tar", layer);
    }
    config_ = R"({"os":"linux","architecture":")" + architecture +
              R"(","config":{"Cmd":["/app"]},"rootfs":{"type":"layers","diff_ids":[)" + diff_ids + "]}}";
    put(config_);
    const std::string body =
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)" +
        descriptor("application/vnd.oci.image.config.v1+json", config_) + R"(,"layers":[)" + descriptors + "]}";
    const auto stored = store_->put_manifest(media::oci_manifest, body);
    EXPECT_TRUE(stored.ok()) << stored.error().message();
    size_ = body.size();
    return digest_of(body);
  }
  TemporaryDirectory directory_;
  std::unique_ptr<ImageStore> store_;
  std::string config_;
  std::size_t size_ = 0;
};

TEST_F(StoreTest, AnUploadGrowsByPiecesAndBecomesABlob) {
  const auto upload = store_->begin_upload();
  ASSERT_TRUE(upload.ok());
  EXPECT_EQ(*store_->append_upload(*upload, "hello ", 0), 6U);
  const auto misplaced = store_->append_upload(*upload, "x", 3);
  ASSERT_FALSE(misplaced.ok());
  EXPECT_EQ(misplaced.error().error, ERANGE);
  reopen();  // the daemon restarts in the middle
  EXPECT_EQ(*store_->upload_size(*upload), 6U);
  EXPECT_EQ(*store_->append_upload(*upload, "world"), 11U);
  const auto wrong = store_->finish_upload(*upload, digest_of("something else"));
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().error, EBADMSG);
  EXPECT_FALSE(store_->has_blob(digest_of("something else")));
  const auto blob = store_->finish_upload(*upload, digest_of("hello world"));
  ASSERT_TRUE(blob.ok()) << blob.error().message();
  EXPECT_EQ(blob->size, 11U);
  EXPECT_EQ(*store_->read_blob(digest_of("hello world"), 100), "hello world");
  EXPECT_EQ(store_->read_blob(digest_of("hello world"), 5).error().error, EFBIG);
  EXPECT_EQ(store_->upload_size(*upload).error().error, ENOENT);
}

TEST_F(StoreTest, NamesFromTheNetworkNeverBecomePaths) {
  for (const std::string& name : {std::string("../../etc/passwd"), std::string("sha256:../../../etc/passwd"),
                                  std::string("sha512:aa"), "sha256:" + std::string(64, 'G'), std::string()}) {
    EXPECT_EQ(store_->find_blob(name).error().error, EINVAL) << name;
    EXPECT_EQ(store_->get_manifest(name).error().error, EINVAL) << name;
    EXPECT_EQ(store_->append_upload(name, "x").error().error, ENOENT) << name;
    EXPECT_EQ(store_->cancel_upload(name).error().error, ENOENT) << name;
  }
}

TEST_F(StoreTest, AManifestNeedsWhatItRefersTo) {
  const std::string config = "{}", layer = "layer";
  const std::string body = R"({"schemaVersion":2,"config":)" +
                           descriptor("application/vnd.docker.container.image.v1+json", config) + R"(,"layers":[)" +
                           descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", layer) + "]}";
  put(config);
  const auto early = store_->put_manifest(media::docker_manifest, body);
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().error, ENOENT);
  EXPECT_THAT(early.error().what, HasSubstr(digest_of(layer)));
  put(layer);
  EXPECT_EQ(store_->put_manifest(media::docker_manifest, body, digest_of("other")).error().error, EBADMSG);
  ASSERT_TRUE(store_->put_manifest(media::docker_manifest, body, digest_of(body)).ok());
  reopen();
  const auto stored = store_->get_manifest(digest_of(body));
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->media_type, media::docker_manifest);
  EXPECT_EQ(stored->body, body);
}

TEST_F(StoreTest, AnIndexLeadsToTheImageOfTheArchitecture) {
  const std::string amd = push({make_tar({{"a"}})}), amd_size = std::to_string(size_);
  const std::string arm = push({make_tar({{"b"}})}, "arm64"), arm_size = std::to_string(size_);
  const auto entry = [](const std::string& digest, const std::string& size, const std::string& architecture) {
    return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + digest + R"(","size":)" + size +
           R"(,"platform":{"os":"linux","architecture":")" + architecture + "\"}}";
  };
  const std::string index = R"({"schemaVersion":2,"manifests":[)" + entry(amd, amd_size, "amd64") + "," +
                            entry(arm, arm_size, "arm64") + "]}";
  const auto stored = store_->put_manifest(media::oci_index, index);
  ASSERT_TRUE(stored.ok()) << stored.error().message();
  EXPECT_EQ(store_->resolve(stored->digest, "arm64")->digest, arm);
  EXPECT_EQ(store_->resolve(stored->digest, "amd64")->digest, amd);
  EXPECT_EQ(store_->resolve(stored->digest, "riscv64").error().error, ENOENT);
}

TEST_F(StoreTest, AnImageIsUnpackedOnceAndCollectedWhenNobodyNeedsIt) {
  ASSERT_EQ(::geteuid(), 0U) << "layers are unpacked by root";
  const std::string base = make_tar({{"bin/app", AE_IFREG, "program", "", 0755}}),
                    upper = make_tar({{"etc/conf", AE_IFREG, "x"}});
  const std::string architecture(ImageStore::host_architecture());
  const std::string image = push({base, upper}, architecture);
  std::vector<std::thread> askers;
  std::vector<Result<UnpackedImage>> answers(4, Result<UnpackedImage>(Failure{}));
  for (auto& answer : answers) askers.emplace_back([&] { answer = store_->unpack(image); });
  for (auto& asker : askers) asker.join();
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.ok()) << answer.error().message();
    ASSERT_EQ(answer->layer_directories.size(), 2U);
    EXPECT_EQ(*read_file(answer->layer_directories[0] + "/bin/app"), "program");
    EXPECT_EQ(*read_file(answer->layer_directories[1] + "/etc/conf"), "x");
    EXPECT_THAT(answer->config.command, ElementsAre("/app"));
  }
  put("unreferenced");
  const auto young = store_->collect({}, {});
  ASSERT_TRUE(young.ok());
  EXPECT_EQ(young->blobs, 0U) << "what is young may be on its way";
  const auto collected =
      store_->collect({image, digest_of(config_), digest_of(base), digest_of(upper)}, {digest_of(base)}, Duration(0));
  ASSERT_TRUE(collected.ok()) << collected.error().message();
  EXPECT_EQ(collected->blobs, 1U);
  EXPECT_EQ(collected->layers, 1U);
  EXPECT_FALSE(store_->has_blob(digest_of("unreferenced")));
  EXPECT_TRUE(store_->unpack(image).ok()) << "an unpacked layer can always be made again";
  const auto all = store_->collect({}, {}, Duration(0));
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->manifests, 1U);
  EXPECT_EQ(all->layers, 2U);
  EXPECT_EQ(store_->unpack(image).error().error, ENOENT);
}

TEST_F(StoreTest, ALayerWhoseContentIsNotWhatTheConfigurationSaysIsRefused) {
  ASSERT_EQ(::geteuid(), 0U) << "layers are unpacked by root";
  const std::string tar = make_tar({{"a"}});
  put(tar);
  const auto refused = store_->unpack_layer(digest_of(tar), digest_of("another tar"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().error, EBADMSG);
  EXPECT_TRUE(store_->unpack_layer(digest_of(tar), digest_of(tar)).ok());
  EXPECT_TRUE(fs::is_empty(directory_.path() + "/images/scratch"));
}

TEST_F(StoreTest, AFileOfTheCallersBecomesABlobByLink) {
  const std::string file = directory_.path() + "/file";
  ASSERT_TRUE(write_file(file, "content").ok());
  EXPECT_EQ(store_->link_blob(file, digest_of("else")).error().error, EBADMSG);
  ASSERT_TRUE(store_->link_blob(file, digest_of("content")).ok());
  ASSERT_TRUE(store_->link_blob(file, digest_of("content")).ok()) << "twice is no failure";
  EXPECT_EQ(*store_->read_blob(digest_of("content"), 100), "content");
}

TEST(ManifestTest, MalformedManifestsAreRefused) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const std::string& body :
       {std::string("no json"), std::string("[]"), std::string(R"({"schemaVersion":1})"),
        std::string(R"({"schemaVersion":2})"),
        std::string(R"({"schemaVersion":2,"config":{"digest":"sha256:x","size":1},"layers":[]})"),
        R"({"schemaVersion":2,"config":{"digest":")" + digest + R"(","size":-1},"layers":[]})",
        R"({"schemaVersion":2,"config":{"digest":")" + digest + R"(","size":1}})",
        std::string(R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})"),
        std::string(1000, '[')})
    EXPECT_EQ(parse_manifest(body, media::oci_manifest).error().error, EINVAL) << body;
  const auto good = parse_manifest(
      R"({"schemaVersion":2,"config":{"digest":")" + digest + R"(","size":1},"layers":[]})", media::oci_manifest);
  EXPECT_TRUE(good.ok());
}

TEST(ImageConfigTest, ReadsWhatDockerfilesSay) {
  const auto config = parse_image_config(R"({"os":"linux","architecture":"arm64","config":{
    "User":"app","Env":["PATH=/bin","EMPTY=","A=b=c"],"Entrypoint":["/entry"],"Cmd":["run"],"WorkingDir":"/srv",
    "ExposedPorts":{"3000/tcp":{}},"Labels":{"k":"v"},"StopSignal":"SIGQUIT","Volumes":{"/data":{}},
    "Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":5000000000,"Retries":2}}})");
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_EQ(config->user, "app");
  EXPECT_THAT(config->environment,
              ElementsAre(testing::Pair("PATH", "/bin"), testing::Pair("EMPTY", ""), testing::Pair("A", "b=c")));
  EXPECT_THAT(config->entrypoint, ElementsAre("/entry"));
  EXPECT_THAT(config->exposed_ports, ElementsAre("3000/tcp"));
  EXPECT_EQ(config->stop_signal, "SIGQUIT");
  EXPECT_EQ(config->architecture, "arm64");
  ASSERT_TRUE(config->health_check.has_value());
  EXPECT_EQ(config->health_check->interval, Duration(5000));
  EXPECT_EQ(config->health_check->retries, 2);
  EXPECT_EQ(config->health_check->timeout, Duration(30'000));
  EXPECT_FALSE(parse_image_config(R"({"rootfs":{"diff_ids":["../x"]}})").ok());
}

}  // namespace
}  // namespace stratus::images
