// What the environment says, read once at the start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace counselor {

struct Config {
  std::uint16_t port = 3001;                                   ///< PORT
  std::string key;                                             ///< OPENAI_API_KEY; "": no model. Never logged.
  std::string base_url = "https://api.openai.com/v1";          ///< OPENAI_BASE_URL
  std::string model = "gpt-4o-mini";                           ///< OPENAI_MODEL
  std::string ca_file = "/etc/ssl/certs/ca-certificates.crt";  ///< OPENAI_CA_FILE
  std::string ca_pem;                                          ///< OPENAI_CA_PEM; where it is set, instead of the file
  int chat_per_minute = 20;                                    ///< CHAT_PER_MINUTE, of one client
  int reviews_per_minute = 10;                                 ///< REVIEWS_PER_MINUTE, of one client
  int tokens_per_hour = 120'000;                               ///< TOKENS_PER_HOUR, of one client
  int answer_tokens = 900;      ///< ANSWER_TOKENS, the most that the model may say at once
  int streams_per_client = 4;   ///< STREAMS_PER_CLIENT
  int streams = 1200;           ///< STREAMS, of all clients
  int readers = 2;              ///< READERS: résumés that are read at once, each by a process
  int readers_waiting = 16;     ///< READERS_WAITING: how many more may wait for it
  int drain_seconds = 25;       ///< DRAIN_SECONDS: how long open streams may go on after SIGTERM
  int first_byte_seconds = 20;  ///< FIRST_BYTE_SECONDS: how long the model's service may take to begin
  int silence_seconds = 30;     ///< SILENCE_SECONDS: how long it may pause within an answer
  int answer_seconds = 240;     ///< ANSWER_SECONDS: how long it may take for all of an answer
  int body_seconds = 30;        ///< BODY_SECONDS: how long a body may take to arrive
  int proxies = 1;              ///< PROXIES: load balancers before us, whose X-Forwarded-For is believed

  /// Throws std::runtime_error naming the variable that is no number or out of range.
  static Config from_environment();
};

}  // namespace counselor
