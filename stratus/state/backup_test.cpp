#include "stratus/state/backup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "stratus/core/process.h"
#include "stratus/core/simulated_loop.h"

namespace stratus::state {
namespace {

struct Note {
  std::string id, text;
  STRATUS_SHAPE(Note, id, text)
};

const Key kNote{"000000000000", "us-east-1", "n"};

struct Backup : testing::Test {
  Backup() {
    std::string name = (std::filesystem::temp_directory_path() / "stratus-backup-XXXXXX").string();
    work = ::mkdtemp(name.data());
    std::filesystem::create_directories(work + "/state/blobs/sha256");
    std::filesystem::create_directories(work + "/state/spool");
    write(work + "/state/blobs/sha256/a", std::string(300'000, 'a'));
    write(work + "/state/spool/half", "half");
    write(work + "/state/master.key", "k");
  }
  ~Backup() override { std::filesystem::remove_all(work); }
  static void write(const std::string& path, const std::string& content) {
    ASSERT_TRUE(write_file(path, content, 0600).ok());
  }
  void note(Store& store, Table<Note>& notes, const std::string& text) {
    store.call([&] { notes.put(kNote, {"n", text}); });
    store.commit();
  }
  Result<BackupInfo> back_up(Store& store) {
    auto snapshot = Snapshot::take(store, {"spool"}, Timestamp{1'000});
    if (!snapshot) return snapshot.error();
    return (*snapshot)->write(file, "1.2.3");
  }
  void make() {
    Store store(loop, work + "/state");
    Table<Note> notes(store, "notes");
    note(store, notes, "before");
    ASSERT_TRUE(back_up(store).ok());
  }

  std::string work, file;
  SimulatedLoop loop;

 protected:
  void SetUp() override { file = work + "/backup"; }
};

TEST_F(Backup, holds_the_instant_at_which_it_was_taken_while_the_store_goes_on) {
  {
    Store store(loop, work + "/state");
    Table<Note> notes(store, "notes");
    note(store, notes, "before");
    auto snapshot = Snapshot::take(store, {"spool"}, Timestamp{1'000});
    ASSERT_TRUE(snapshot.ok()) << snapshot.error().message();
    note(store, notes, "after");
    std::filesystem::remove(work + "/state/blobs/sha256/a");
    const auto info = (*snapshot)->write(file, "1.2.3");
    ASSERT_TRUE(info.ok()) << info.error().message();
    EXPECT_EQ(info->files, 3U) << "database, blob and key; the spool is left out";
  }
  const auto restored = restore_backup(file, work + "/state");
  ASSERT_TRUE(restored.ok()) << restored.error().message();
  EXPECT_EQ(restored->version, "1.2.3");
  EXPECT_EQ(restored->created.ms, 1'000);
  Store store(loop, work + "/state");
  Table<Note> notes(store, "notes");
  ASSERT_NE(notes.find(kNote), nullptr);
  EXPECT_EQ(notes.find(kNote)->text, "before");
  EXPECT_EQ(*read_file(work + "/state/blobs/sha256/a"), std::string(300'000, 'a'));
  EXPECT_FALSE(std::filesystem::exists(work + "/state/spool"));
  EXPECT_TRUE(std::filesystem::exists(work + "/state.before-restore/state.db")) << "what was there is kept";
}

TEST_F(Backup, leaves_nothing_beside_and_is_readable_by_its_owner_only) {
  make();
  struct stat about {};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  for (const auto& entry : std::filesystem::directory_iterator(work + "/state"))
    EXPECT_FALSE(entry.path().filename().string().starts_with("snapshot-")) << entry.path();
  EXPECT_FALSE(std::filesystem::exists(file + ".part"));
}

TEST_F(Backup, a_damaged_file_is_refused_wherever_the_damage_is_and_changes_nothing) {
  make();
  const std::string whole = *read_file(file);
  ASSERT_TRUE(verify_backup(file).ok());
  for (std::size_t at = 0; at < whole.size(); at += whole.size() / 23 + 1) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x5a);
    write(file, bad);
    const auto restored = restore_backup(file, work + "/state");
    ASSERT_FALSE(restored.ok()) << "byte " << at;
    EXPECT_EQ(restored.error().error, EBADMSG) << restored.error().message();
    write(file, whole.substr(0, at));
    EXPECT_FALSE(verify_backup(file).ok()) << "cut at " << at;
  }
  EXPECT_TRUE(std::filesystem::exists(work + "/state/state.db"));
  EXPECT_FALSE(std::filesystem::exists(work + "/state.before-restore"));
  write(file, whole);
  EXPECT_TRUE(restore_backup(file, work + "/state").ok()) << "the control: whole, it restores";
}

TEST_F(Backup, something_else_is_called_what_it_is) {
  write(file, "not a backup");
  const auto other = verify_backup(file);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().error, EBADMSG);
  const auto missing = verify_backup(work + "/nowhere");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().error, ENOENT);
}

}  // namespace
}  // namespace stratus::state
