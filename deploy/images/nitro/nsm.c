/* Makes the one call that Node cannot: the ioctl of /dev/nsm. Reads `u32 big-endian length, request` on standard input and writes
 * the answer in the same form on standard output, one after the other, until its input ends. Requests and answers are the module's
 * own CBOR; nothing of them is understood here. Limits and layout: aws-nitro-enclaves-nsm-api, src/driver/mod.rs; Linux
 * include/uapi/linux/nsm.h. Never run on Nitro. The device's path may be given as first argument, for tests. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAX_REQUEST = 0x1000, MAX_RESPONSE = 0x3000 };

struct nsm_message {
  struct iovec request;
  struct iovec response;
};

/* 1: all of it, 0: the input ended before the first byte, -1: it ended inside or failed. */
static int read_all(uint8_t *to, size_t length) {
  for (size_t at = 0; at < length;) {
    ssize_t got = read(STDIN_FILENO, to + at, length - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0 && at == 0 ? 0 : -1;
    at += (size_t)got;
  }
  return 1;
}

static int write_all(const uint8_t *from, size_t length) {
  for (size_t at = 0; at < length;) {
    ssize_t put = write(STDOUT_FILENO, from + at, length - at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return -1;
    at += (size_t)put;
  }
  return 1;
}

int main(int argc, char **argv) {
  static uint8_t request[MAX_REQUEST], response[4 + MAX_RESPONSE];
  uint8_t head[4];
  int device = open(argc > 1 ? argv[1] : "/dev/nsm", O_RDWR | O_CLOEXEC);
  if (device < 0) return fprintf(stderr, "/dev/nsm: %s\n", strerror(errno)), 2;
  for (;;) {
    int state = read_all(head, sizeof head);
    if (state <= 0) return state == 0 ? 0 : 3;
    size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (length > MAX_REQUEST || read_all(request, length) != 1) return 3;
    struct nsm_message message = {{request, length}, {response + 4, MAX_RESPONSE}};
    if (ioctl(device, _IOWR(0x0A, 0, struct nsm_message), &message) != 0) return fprintf(stderr, "ioctl: %s\n", strerror(errno)), 4;
    size_t answered = message.response.iov_len;
    if (answered > MAX_RESPONSE) return 4;
    for (int byte = 0; byte < 4; byte++) response[byte] = (uint8_t)(answered >> (24 - 8 * byte));
    if (write_all(response, 4 + answered) != 1) return 3;
  }
}
