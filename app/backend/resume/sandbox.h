// Reads a stranger's file in a process of its own: no file, no network, no secret, little memory, little time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "app/backend/resume/document.h"

namespace counselor {

/// The child's whole life, for main(): reads the file from standard input, locks itself in, answers on standard output.
int document_child();

/// Starts this program as the child and asks it. A child that dies or takes longer than ten seconds is a `problem` too.
boost::asio::awaitable<Document> read_in_sandbox(boost::asio::io_context& context, const std::string& bytes);

}  // namespace counselor
