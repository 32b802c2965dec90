#include "stratus/dataplane/containers/log_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratus/core/process.h"
#include "stratus/dataplane/containers/log_reader.h"

namespace stratus::containers {
namespace {

const std::string at = "2026-11-24T12:48:51.488417639+00:00 ";

TEST(LogAssembler, PutsPiecesOfBothStreamsTogether) {
  LogAssembler assembler;
  std::vector<LogLine> lines;
  const std::string text = at + "stdout P one \n" + at + "stderr P bad\n" + at + "stdout F two\n" + at +
                           "stderr F ness\n" + at + "stdout F \n";
  assembler.take(text, 0, lines);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].text, "one two");
  EXPECT_EQ(lines[0].stream, LogLine::Stream::out);
  EXPECT_EQ(lines[1].text, "badness");
  EXPECT_EQ(lines[1].stream, LogLine::Stream::err);
  EXPECT_EQ(lines[2].text, "");
  EXPECT_EQ(to_rfc3339(lines[0].time), "2026-11-24T12:48:51.488Z");
  EXPECT_EQ(assembler.resume_offset(), text.size());
}

TEST(LogAssembler, ResumesBeforeTheOldestUnfinishedLine) {
  LogAssembler assembler;
  std::vector<LogLine> lines;
  const std::string whole = at + "stdout F a\n", begun = at + "stdout P b", other = at + "stderr F c\n";
  assembler.take(whole + begun + "\n" + other, 100, lines);
  EXPECT_EQ(lines.size(), 2U);
  EXPECT_EQ(assembler.resume_offset(), 100 + whole.size());
  assembler.flush(lines);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[2].text, "b");
  EXPECT_EQ(assembler.resume_offset(), 100 + whole.size() + begun.size() + 1 + other.size());
}

TEST(LogAssembler, AnEndlessLineComesInPieces) {
  LogAssembler assembler;
  std::vector<LogLine> lines;
  std::string text;
  for (int i = 0; i < 100; ++i) text += at + "stdout P " + std::string(8000, 'x') + "\n";
  assembler.take(text, 0, lines);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_LT(lines[0].text.size(), LogAssembler::longest_line + 8000);
}

TEST(LogAssembler, ATornEntryIsPassedOver) {
  LogAssembler assembler;
  std::vector<LogLine> lines;
  assembler.take("garbage\n\n2026 stdout F x\n" + at + "stdout F good\n", 0, lines);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].text, "good");
}

class LogReaderTest : public testing::Test {
 protected:
  LogReaderTest() {
    std::string pattern = testing::TempDir() + "stratus-log-XXXXXX";
    ::close(::mkstemp(pattern.data()));
    path_ = pattern;
  }
  ~LogReaderTest() override { ::unlink(path_.c_str()); }
  std::string path_;
};

TEST_F(LogReaderTest, StopsAheadOfWhatIsAcknowledgedAndComesBackBehindAHole) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += at + "stdout F line " + std::to_string(i) + "\n";
  ASSERT_TRUE(write_file(path_, text).ok());
  auto reader = LogReader::open(path_, 0, 1U << 20U);
  ASSERT_TRUE(reader.ok());
  std::size_t count = 0;
  const auto read_all = [&] {
    for (;;) {
      const auto lines = reader->read();
      ASSERT_TRUE(lines.ok());
      if (lines->empty()) return;
      count += lines->size();
    }
  };
  read_all();
  EXPECT_TRUE(reader->waits_for_acknowledgement());
  EXPECT_LT(reader->resume_offset(), 5U << 20U);
  const auto first_stop = reader->resume_offset();
  while (count < 200'000) {
    ASSERT_TRUE(reader->acknowledge(reader->resume_offset()).ok());
    read_all();
  }
  EXPECT_TRUE(reader->at_end());
  EXPECT_EQ(count, 200'000U);
  // An owner that comes back with an offset older than what was freed gets what is left, from the beginning of a line.
  auto late = LogReader::open(path_, first_stop - 10, 1U << 20U);
  ASSERT_TRUE(late.ok());
  const auto lines = late->read();
  ASSERT_TRUE(lines.ok());
  ASSERT_FALSE(lines->empty());
  EXPECT_TRUE(lines->front().text.starts_with("line ")) << lines->front().text;
}

TEST_F(LogReaderTest, WaitsForTheEndOfAnEntryThatIsBeingWritten) {
  ASSERT_TRUE(write_file(path_, at + "stdout F whole\n" + at + "stdo").ok());
  auto reader = LogReader::open(path_, 0, 1U << 20U);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->read()->size(), 1U);
  EXPECT_TRUE(reader->read()->empty());
  EXPECT_FALSE(reader->at_end());
}

}  // namespace
}  // namespace stratus::containers
