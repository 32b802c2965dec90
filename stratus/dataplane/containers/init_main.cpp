// Pid 1 of a container with initProcessEnabled: starts the program behind "--", hands signals on to it, reaps orphans,
// and ends as the program ended.
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 3 || std::strcmp(argv[1], "--") != 0) {
    std::fprintf(stderr, "usage: %s -- program [argument...]\n", argv[0]);
    return 127;
  }
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&all, fault);
  sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t child = fork();
  if (child < 0) {
    std::perror("stratus-init: fork");
    return 127;
  }
  if (child == 0) {
    sigprocmask(SIG_SETMASK, &before, nullptr);
    execvp(argv[2], argv + 2);
    std::fprintf(stderr, "stratus-init: %s: %s\n", argv[2], std::strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
  }
  for (;;) {
    const int number = sigwaitinfo(&all, nullptr);
    if (number < 0) continue;
    if (number != SIGCHLD) {
      kill(child, number);
      continue;
    }
    int status = 0;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
      if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}
