#include "app/backend/config.h"

#include <cstdlib>
#include <stdexcept>

namespace counselor {
namespace {

void text(const char* name, std::string& out) {
  if (const char* given = std::getenv(name); given != nullptr && *given != '\0') out = given;
}

template <class Number>
void number(const char* name, Number& out, long least, long most) {
  const char* given = std::getenv(name);
  if (given == nullptr || *given == '\0') return;
  char* end = nullptr;
  const long value = std::strtol(given, &end, 10);
  if (*end != '\0' || value < least || value > most)
    throw std::runtime_error(std::string(name) + " must be a number from " + std::to_string(least) + " to " +
                             std::to_string(most));
  out = static_cast<Number>(value);
}

}  // namespace

Config Config::from_environment() {
  Config out;
  number("PORT", out.port, 1, 65535);
  text("OPENAI_API_KEY", out.key);
  // A key that came with a line's end would break the request's header.
  while (!out.key.empty() && (out.key.back() == '\n' || out.key.back() == '\r' || out.key.back() == ' '))
    out.key.pop_back();
  for (const unsigned char c : out.key)
    if (c <= 0x20 || c >= 0x7F) throw std::runtime_error("OPENAI_API_KEY holds characters that no key has");
  text("OPENAI_BASE_URL", out.base_url);
  text("OPENAI_MODEL", out.model);
  text("OPENAI_CA_FILE", out.ca_file);
  text("OPENAI_CA_PEM", out.ca_pem);
  number("CHAT_PER_MINUTE", out.chat_per_minute, 1, 1'000'000);
  number("REVIEWS_PER_MINUTE", out.reviews_per_minute, 1, 1'000'000);
  number("TOKENS_PER_HOUR", out.tokens_per_hour, 1000, 1'000'000'000);
  number("ANSWER_TOKENS", out.answer_tokens, 16, 8000);
  number("STREAMS_PER_CLIENT", out.streams_per_client, 1, 100'000);
  number("STREAMS", out.streams, 1, 100'000);
  number("READERS", out.readers, 1, 16);
  number("READERS_WAITING", out.readers_waiting, 0, 1000);
  number("DRAIN_SECONDS", out.drain_seconds, 0, 110);
  number("FIRST_BYTE_SECONDS", out.first_byte_seconds, 1, 55);
  number("SILENCE_SECONDS", out.silence_seconds, 1, 300);
  number("ANSWER_SECONDS", out.answer_seconds, 1, 3600);
  number("BODY_SECONDS", out.body_seconds, 1, 300);
  number("PROXIES", out.proxies, 0, 5);
  return out;
}

}  // namespace counselor
