#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool send_all(int to, const void *data, size_t bytes)
{
    for (const char *at = data; bytes > 0;) {
        ssize_t n = send(to, at, bytes, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

static void send_head(const struct http_server *s, int to, int code, size_t first, size_t bytes)
{
    char head[1024];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %d x\r\nConnection: close\r\n", code);
    if (!s->endless)
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Length: %ld\r\n",
                      (long)bytes + (code < 300 ? s->lie : 0));
    if (code == 206)
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Range: bytes %zu-%zu/%zu\r\n",
                      first, s->bytes - 1, s->bytes);
    if (s->redirect[0] != '\0')
        n += snprintf(head + n, sizeof head - (size_t)n, "Location: %s\r\n", s->redirect);
    if (s->modified != NULL)
        n += snprintf(head + n, sizeof head - (size_t)n, "Last-Modified: %s\r\n", s->modified);
    if (s->linked > 0)
        n += snprintf(head + n, sizeof head - (size_t)n, "X-Linked-Size: %ld\r\n", s->linked);
    n += snprintf(head + n, sizeof head - (size_t)n, "\r\n");
    send_all(to, head, (size_t)n);
}

static void send_slowly(const struct http_server *s, int to, const char *data, size_t bytes)
{
    for (size_t n; bytes > 0; data += n, bytes -= n) {
        n = bytes < 1024 ? bytes : 1024;
        if (!send_all(to, data, n))
            return;
        usleep(s->slowly);
    }
}

static void send_body(struct http_server *s, int to, size_t first)
{
    static const char zeros[4096];
    size_t bytes = s->bytes - first;
    char *copy = malloc(s->bytes);
    memcpy(copy, s->body, s->bytes);
    if (s->flip > 0)
        copy[s->flip] = (char)~copy[s->flip];
    if (s->break_after > 0 && s->breaks > 0 && s->break_after < bytes) {
        bytes = s->break_after;
        s->breaks--;
    }
    if (s->stall_after > 0 && s->stall_after < bytes)
        bytes = s->stall_after;
    if (s->slowly > 0)
        send_slowly(s, to, copy + first, bytes);
    else
        send_all(to, copy + first, bytes);
    free(copy);
    while (s->endless && send_all(to, zeros, sizeof zeros))
        continue;
    if (s->stall_after > 0)
        pause();
}

static bool read_request(int from, char *request, size_t size)
{
    size_t used = 0;
    while (used < size - 1) {
        ssize_t n = recv(from, request + used, size - 1 - used, 0);
        if (n <= 0)
            return false;
        used += (size_t)n;
        request[used] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

static void answer(struct http_server *s, int to)
{
    char request[4096], known[512];
    size_t first = 0;
    if (!read_request(to, request, sizeof request))
        return;
    __atomic_fetch_add(&s->requests, 1, __ATOMIC_SEQ_CST);
    bool head = strncmp(request, "HEAD ", 5) == 0;
    if (head && s->no_head) {
        send_head(s, to, 501, 0, 0);
        return;
    }
    snprintf(known, sizeof known, "%s %s HTTP", head ? "HEAD" : "GET", s->path);
    if (s->code != 0 || strncmp(request, known, strlen(known)) != 0) {
        send_head(s, to, s->code != 0 ? s->code : 404, 0, 0);
        return;
    }
    const char *range = strstr(request, "Range: bytes="), *same = strstr(request, "If-Range: ");
    bool other = s->modified != NULL && same != NULL &&
                 strncmp(same + strlen("If-Range: "), s->modified, strlen(s->modified)) != 0;
    if (range != NULL && !s->no_ranges && !other)
        first = strtoul(range + strlen("Range: bytes="), NULL, 10);
    s->last_offset = first;
    if (first > 0 && first >= s->bytes) {
        send_head(s, to, 416, 0, 0);
        return;
    }
    int code = first > 0 ? 206 : 200;
    if (s->wrong_place)
        first = 0;
    send_head(s, to, code, first, s->bytes - first);
    if (head)
        return;
    send_body(s, to, first);
}

struct http_server *http_server_start(const char *path, const void *body, size_t bytes)
{
    struct http_server *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int door = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_neq((void *)s, MAP_FAILED);
    cr_assert(bind(door, (struct sockaddr *)&address, size) == 0 && listen(door, 8) == 0 &&
              getsockname(door, (struct sockaddr *)&address, &size) == 0);
    *s = (struct http_server){.path = path, .body = body, .bytes = bytes};
    s->port = ntohs(address.sin_port);
    fflush(NULL);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        for (;;) {
            int to = accept(door, NULL, NULL);
            if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                answer(s, to);
                shutdown(to, SHUT_WR);
                _exit(0);
            }
            close(to);
        }
    }
    close(door);
    s->pid = pid;
    return s;
}

void http_server_stop(struct http_server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    munmap(s, sizeof *s);
}
