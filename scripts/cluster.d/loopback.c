/* DynamoDB Local has no setting for the address it listens on, and takes all of them. Loaded before the C library
 * (LD_PRELOAD) this makes "any address" mean this machine only, so that nobody else on the network reads the tables. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int bind(int descriptor, const struct sockaddr *address, socklen_t length) {
  int (*next)(int, const struct sockaddr *, socklen_t) =
      (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
  if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 own;
    memcpy(&own, address, sizeof own);
    if (IN6_IS_ADDR_UNSPECIFIED(&own.sin6_addr)) {
      /* ::ffff:127.0.0.1, as Java's sockets are for both families. */
      own.sin6_addr.s6_addr[10] = own.sin6_addr.s6_addr[11] = 0xff;
      own.sin6_addr.s6_addr[12] = 127;
      own.sin6_addr.s6_addr[15] = 1;
      return next(descriptor, (const struct sockaddr *)&own, sizeof own);
    }
  }
  if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in own;
    memcpy(&own, address, sizeof own);
    if (own.sin_addr.s_addr == htonl(INADDR_ANY)) {
      own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      return next(descriptor, (const struct sockaddr *)&own, sizeof own);
    }
  }
  return next(descriptor, address, length);
}
