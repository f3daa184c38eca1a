// Open-loop HTTP/2 load without TLS: requests leave when the schedule says so, whether or not earlier ones are answered,
// and latency counts from that intended instant. So a server that stalls is charged for everyone who had to wait.
//
//   open_loop PORT RATE SECONDS WARM_SECONDS CONNECTIONS FIELDS [BODY]
//
// FIELDS is a file of `name: value` lines, pseudo-headers first; BODY is the file that each request carries. One line of
// JSON is printed; microseconds. A request counts as allowed when its status is 200 and the first bytes of its answer,
// read as gRPC, hold no CheckResponse with a status other than OK.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8, PRIORITY = 32 };
enum { HEAD = 9, MAX_CONNECTIONS = 64, MAX_FRAME = 16384, MAX_FIELDS = 8192, FIRST_WINDOW = 65535, MAX_STREAMS = 100 };

static const int64_t SECOND = 1000000000;
static const int64_t PATIENCE = 3 * 1000000000LL;  // for answers after the last request

typedef struct {
    int64_t intended, sent, answered;  // CLOCK_MONOTONIC nanoseconds; answered is 0 until it is
    uint8_t ok, refused;
} Request;

typedef struct {
    int socket;
    int64_t window;  // bytes of DATA that the server takes
    int under_way;   // streams that are open
    int held;        // bytes in buffer
    uint8_t buffer[1 << 17];
} Connection;

static Connection connections[MAX_CONNECTIONS];
static Request *requests;
static long total, answered;
static int count;
static uint8_t fields[MAX_FIELDS], body[MAX_FRAME];
static int fields_size, body_size;

static void fail(const char *what) {
    fprintf(stderr, "open_loop: %s\n", what);
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static uint32_t number(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_number(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (24 - 8 * i));
}

// A length with a prefix of seven bits (RFC 7541 §5.1).
static void put_length(size_t length) {
    if (length < 127) {
        fields[fields_size++] = (uint8_t)length;
        return;
    }
    fields[fields_size++] = 127;
    for (length -= 127; length >= 128; length /= 128) fields[fields_size++] = (uint8_t)(length % 128 + 128);
    fields[fields_size++] = (uint8_t)length;
}

static void put_text(const char *text) {
    size_t length = strlen(text);
    if ((size_t)fields_size + length + 8 > sizeof fields) fail("too many fields");
    put_length(length);
    memcpy(fields + fields_size, text, length);
    fields_size += (int)length;
}

// Each as a literal that is never indexed (RFC 7541 §6.2.3).
static void read_fields(const char *path) {
    static char line[MAX_FIELDS];
    FILE *file = fopen(path, "r");
    if (!file) fail("the file of fields cannot be read");
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *border = strstr(line, ": ");
        if (!border) fail("a field is not `name: value`");
        *border = 0;
        fields[fields_size++] = 0x10;
        put_text(line);
        put_text(border + 2);
    }
    fclose(file);
}

static void read_body(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) fail("the body cannot be read");
    body_size = (int)fread(body, 1, sizeof body, file);
    if (fgetc(file) != EOF) fail("the body does not fit into one frame");
    fclose(file);
}

static void send_all(Connection *to, const void *data, size_t size) {
    for (const char *at = data; size;) {
        ssize_t sent = write(to->socket, at, size);
        if (sent < 0 && errno != EAGAIN) fail("the server closed a connection");
        if (sent < 0) continue;
        at += sent;
        size -= (size_t)sent;
    }
}

static void put_head(uint8_t *at, int size, int kind, int flags, uint32_t stream) {
    put_number(at, (uint32_t)size << 8 | (uint32_t)kind);
    at[4] = (uint8_t)flags;
    put_number(at + 5, stream);
}

static void send_control(Connection *to, int kind, int flags, const uint8_t *payload, int size) {
    uint8_t frame[HEAD + 8];
    put_head(frame, size, kind, flags, 0);
    if (size) memcpy(frame + HEAD, payload, (size_t)size);
    send_all(to, frame, (size_t)(HEAD + size));
}

static void open_connection(Connection *made, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    made->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(made->socket, (void *)&address, sizeof address)) fail("nobody listens on the port");
    int on = 1;
    setsockopt(made->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(made->socket, F_SETFL, O_NONBLOCK);
    made->window = FIRST_WINDOW;
    uint8_t more[4];
    put_number(more, INT32_MAX - FIRST_WINDOW);
    send_all(made, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    send_control(made, SETTINGS, 0, NULL, 0);
    send_control(made, WINDOW_UPDATE, 0, more, 4);
}

// Requests go to the connections in turn, so stream and connection say which one it is.
static Request *request_of(const Connection *from, uint32_t stream) {
    long index = (long)(stream - 1) / 2 * count + (from - connections);
    return stream % 2 == 1 && index < total ? &requests[index] : NULL;
}

static void end(Connection *on, Request *request, int64_t at) {
    if (!request || request->answered) return;
    request->answered = at;
    on->under_way--;
    answered++;
}

// Whether a HEADERS block says 200: index 8 of the static table, after changes of the table's size (RFC 7541 §6.3).
static int says_200(const uint8_t *payload, int flags) {
    payload += (flags & PADDED ? 1 : 0) + (flags & PRIORITY ? 5 : 0);
    while ((*payload & 0xe0) == 0x20)
        if ((*payload++ & 0x1f) == 0x1f)
            while (*payload++ & 0x80) continue;
    return *payload == 0x88;
}

// Whether a gRPC message is a CheckResponse whose status has a code (fields 1 and 1.1 of the message).
static int denies(const uint8_t *payload, int size) {
    return size > 7 && payload[5] == 0x0a && payload[6] && payload[7] == 0x08;
}

static void take_control(Connection *from, int kind, int flags, uint32_t stream, const uint8_t *payload, int size) {
    if (kind == GOAWAY) fail("the server said GOAWAY");
    if (kind == WINDOW_UPDATE && !stream) from->window += number(payload);
    if ((kind == PING || kind == SETTINGS) && !(flags & ACK))
        send_control(from, kind, ACK, payload, kind == PING ? size : 0);
}

static void take_frame(Connection *from, const uint8_t *frame, int size, int64_t at) {
    int kind = frame[3], flags = frame[4];
    uint32_t stream = number(frame + 5) & INT32_MAX;
    Request *request = request_of(from, stream);
    if (request && kind == HEADERS && says_200(frame + HEAD, flags)) request->ok = 1;
    if (request && kind == DATA && denies(frame + HEAD, size)) request->refused = 1;
    if (request && kind == RST_STREAM) request->refused |= !request->answered;
    if ((kind <= HEADERS && flags & END_STREAM) || kind == RST_STREAM) end(from, request, at);
    if (kind > RST_STREAM) take_control(from, kind, flags, stream, frame + HEAD, size);
}

static void take(Connection *from) {
    for (;;) {
        ssize_t size = read(from->socket, from->buffer + from->held, sizeof from->buffer - (size_t)from->held);
        if (size < 0 && errno == EAGAIN) return;
        if (size <= 0) fail("the server closed a connection");
        int64_t at = now();
        from->held += (int)size;
        int done = 0;
        while (from->held - done >= HEAD) {
            int length = (int)(number(from->buffer + done) >> 8);
            if (from->held - done < HEAD + length) break;
            take_frame(from, from->buffer + done, length, at);
            done += HEAD + length;
        }
        from->held -= done;
        memmove(from->buffer, from->buffer + done, (size_t)from->held);
    }
}

static void send_request(long index) {
    static uint8_t frames[2 * HEAD + MAX_FIELDS + MAX_FRAME];
    Connection *to = &connections[index % count];
    uint32_t stream = (uint32_t)(index / count * 2 + 1);
    put_head(frames, fields_size, HEADERS, END_HEADERS | (body_size ? 0 : END_STREAM), stream);
    memcpy(frames + HEAD, fields, (size_t)fields_size);
    int size = HEAD + fields_size;
    if (body_size) {
        put_head(frames + size, body_size, DATA, END_STREAM, stream);
        memcpy(frames + size + HEAD, body, (size_t)body_size);
        size += HEAD + body_size;
        to->window -= body_size;
    }
    to->under_way++;
    requests[index].sent = now();
    send_all(to, frames, (size_t)size);
}

static void wait_and_take(int64_t until) {
    struct pollfd polled[MAX_CONNECTIONS];
    int64_t left = until - now();
    struct timespec timeout = {left > 0 ? left / SECOND : 0, left > 0 ? left % SECOND : 0};
    for (int i = 0; i < count; i++) polled[i] = (struct pollfd){connections[i].socket, POLLIN, 0};
    if (ppoll(polled, (nfds_t)count, &timeout, NULL) <= 0) return;
    for (int i = 0; i < count; i++)
        if (polled[i].revents) take(&connections[i]);
}

static int has_room(const Connection *on) {
    return on->window >= body_size && on->under_way < MAX_STREAMS;
}

static void run(double rate) {
    int64_t first = now() + SECOND / 100;
    for (long i = 0; i < total; i++) requests[i].intended = first + (int64_t)((double)i * 1e9 / rate);
    int64_t last = requests[total - 1].intended + PATIENCE;
    for (long next = 0; answered < total && now() < last;) {
        int is_due = next < total && now() >= requests[next].intended;
        // Where the server has no room nothing can leave; the time until there is some is the server's.
        if (is_due && has_room(&connections[next % count])) send_request(next++);
        else wait_and_take(next < total && !is_due ? requests[next].intended : now() + SECOND / 1000);
    }
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double at_share(const double *sorted, long size, double share) {
    long index = (long)((double)size * share);
    return sorted[index < size ? index : size - 1];
}

static double cpu_us(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void report(long skipped) {
    long size = total - skipped, allowed = 0;
    double *latency = malloc(sizeof(double) * (size_t)size), *late = malloc(sizeof(double) * (size_t)size);
    if (!latency || !late) fail("out of memory");
    int64_t ended = now();
    for (long i = 0; i < size; i++) {
        const Request *one = &requests[skipped + i];
        allowed += one->answered && one->ok && !one->refused;
        latency[i] = (double)((one->answered ? one->answered : ended) - one->intended) / 1e3;
        late[i] = (double)((one->sent ? one->sent : ended) - one->intended) / 1e3;
    }
    qsort(latency, (size_t)size, sizeof(double), ascending);
    qsort(late, (size_t)size, sizeof(double), ascending);
    printf("{\"requests\": %ld, \"allowed\": %ld, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p99.9\": %.1f, "
           "\"max\": %.1f, \"late_p50\": %.1f, \"late_p99\": %.1f, \"late_p99.9\": %.1f, \"cpu\": %.2f}\n",
           size, allowed, at_share(latency, size, .5), at_share(latency, size, .9), at_share(latency, size, .99),
           at_share(latency, size, .999), latency[size - 1], at_share(late, size, .5), at_share(late, size, .99),
           at_share(late, size, .999), cpu_us() / (double)total);
}

int main(int size, char **arguments) {
    if (size < 7) fail("PORT RATE SECONDS WARM_SECONDS CONNECTIONS FIELDS [BODY]");
    double rate = atof(arguments[2]), seconds = atof(arguments[3]), warm = atof(arguments[4]);
    count = atoi(arguments[5]);
    total = (long)(rate * (seconds + warm));
    if (count < 1 || count > MAX_CONNECTIONS || total < 1) fail("a number is out of range");
    read_fields(arguments[6]);
    if (size > 7) read_body(arguments[7]);
    requests = calloc((size_t)total, sizeof *requests);
    if (!requests) fail("out of memory");
    for (int i = 0; i < count; i++) open_connection(&connections[i], atoi(arguments[1]));
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    usleep(100000);
    for (int i = 0; i < count; i++) take(&connections[i]);
    run(rate);
    report((long)(rate * warm));
}
