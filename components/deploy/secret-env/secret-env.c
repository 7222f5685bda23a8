/*
 * secret-env NAME... -- PROGRAM [ARGUMENT...]
 *
 * Puts files into environment variables and becomes PROGRAM. The value of NAME is what is in the file NAME beside this program (the
 * folder of argv[0]), byte for byte, a newline at its end included. A variable of that name is replaced, all others stay as they are.
 * It lies on the volume of an app's secrets and is an app's entry point there (secret-env.ts), so that `docker inspect` shows the
 * names and no value. Nothing is printed but what went wrong, and no value ever.
 *
 * PROGRAM without a slash is looked for in PATH. As env(1): 125 where this program fails, 126 where PROGRAM can't be started, 127 where
 * there is none. There is no child: PROGRAM has this process, with its signals and open files.
 *
 * No libc, as an image may have none: six system calls, for x86_64 and aarch64. binaries.ts has both, and says how they are built.
 */

typedef unsigned long size;

enum { WRAPPER_FAILED = 125, NOT_STARTED = 126, NOT_FOUND = 127 };
enum { ENOENT = 2, EINTR = 4, E2BIG = 7, ENOEXEC = 8, ENOMEM = 12, EACCES = 13, ENOTDIR = 20, EISDIR = 21, ELOOP = 40 };
enum { STDERR = 2, AT_FDCWD = -100, O_CLOEXEC = 02000000 };
enum { PROT_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS = 0x22 };

/* The kernel's own limit of one variable, `NAME=value` with the byte that ends it (MAX_ARG_STRLEN), and of a path. */
enum { LONGEST_VARIABLE = 128 * 1024, LONGEST_PATH = 4096 };

/* Docker's own, where the image sets none. */
#define USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#if defined(__x86_64__)

enum { READ = 0, WRITE = 1, MMAP = 9, EXECVE = 59, EXIT_GROUP = 231, OPENAT = 257 };

__asm__(".globl _start\n_start:\n"
        "  xor %ebp, %ebp\n"
        "  mov %rsp, %rdi\n"
        "  and $-16, %rsp\n"
        "  call start\n");

static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long fourth __asm__("r10") = d, fifth __asm__("r8") = e, sixth __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "+a"(number)
                   : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "rcx", "r11", "memory");
  return number;
}

#elif defined(__aarch64__)

enum { OPENAT = 56, READ = 63, WRITE = 64, EXIT_GROUP = 94, EXECVE = 221, MMAP = 222 };

__asm__(".globl _start\n_start:\n"
        "  mov x29, #0\n"
        "  mov x30, #0\n"
        "  mov x0, sp\n"
        "  b start\n");

static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long which __asm__("x8") = number, first __asm__("x0") = a, second __asm__("x1") = b, third __asm__("x2") = c;
  register long fourth __asm__("x3") = d, fifth __asm__("x4") = e, sixth __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(first)
                   : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "memory");
  return first;
}

#else
#error "x86_64 and aarch64 alone"
#endif

static size length(const char *text) {
  size n = 0;
  while (text[n]) n++;
  return n;
}

static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static void print(const char *text) { call(WRITE, STDERR, (long)text, (long)length(text), 0, 0, 0); }

/* In the words that Docker has for them, of which Berth knows the cause (start-failure.ts). */
static const char *meaning(long error) {
  switch (error) {
    case ENOENT: return "no such file or directory";
    case E2BIG: return "argument list too long";
    case ENOEXEC: return "exec format error";
    case ENOMEM: return "out of memory";
    case EACCES: return "permission denied";
    case ENOTDIR: return "not a directory";
    case EISDIR: return "is a directory";
    case ELOOP: return "too many levels of symbolic links";
    default: return "failed";
  }
}

/* Says what went wrong, in up to four parts, and ends. */
static void __attribute__((noreturn)) fail(int code, const char *what, const char *whose, const char *why, const char *more) {
  print(what);
  print(whose);
  print(why);
  print(more);
  print("\n");
  for (;;) call(EXIT_GROUP, code, 0, 0, 0, 0, 0);
}

static void *memory(size bytes) {
  long start = call(MMAP, 0, (long)bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (start < 0 && start > -4096) fail(WRAPPER_FAILED, "secret-env: ", meaning(ENOMEM), "", "");
  return (void *)start;
}

static char *append(char *end, const char *text, size bytes) {
  for (size i = 0; i < bytes; i++) end[i] = text[i];
  end[bytes] = 0;
  return end + bytes;
}

/* Whether a variable, `NAME=value`, is of that name. */
static int is_of(const char *variable, const char *name) {
  while (*name && *variable == *name) variable++, name++;
  return *name == 0 && *variable == '=';
}

/* The path of a secret's file. */
static const char *path_of(const char *self, const char *name) {
  size folder = length(self);
  while (folder > 0 && self[folder - 1] != '/') folder--;
  if (folder + length(name) >= LONGEST_PATH) fail(WRAPPER_FAILED, "secret ", name, ": its path is too long", "");
  char *path = memory(LONGEST_PATH);
  append(append(path, self, folder), name, length(name));
  return path;
}

/* `NAME=` and what is in its file. */
static char *variable_of(const char *self, const char *name) {
  const char *path = path_of(self, name);
  long file = call(OPENAT, AT_FDCWD, (long)path, O_CLOEXEC, 0, 0, 0);
  if (file < 0) fail(WRAPPER_FAILED, "secret ", path, ": ", meaning(-file));
  if (length(name) + 2 > LONGEST_VARIABLE) fail(WRAPPER_FAILED, "secret ", path, ": its name is too long", "");
  char *variable = memory(LONGEST_VARIABLE);
  char *end = append(append(variable, name, length(name)), "=", 1);
  for (;;) {
    size room = (size)(variable + LONGEST_VARIABLE - end);
    long got = room ? call(READ, file, (long)end, (long)room, 0, 0, 0) : 1;
    if (got == -EINTR) continue;
    if (got < 0) fail(WRAPPER_FAILED, "secret ", path, ": ", meaning(-got));
    if (got == 0) break;
    if ((size)got >= room) fail(WRAPPER_FAILED, "secret ", path, ": longer than an environment variable may be (128 KiB)", "");
    for (long i = 0; i < got; i++)
      if (end[i] == 0) fail(WRAPPER_FAILED, "secret ", path, ": has a zero byte, which no environment variable can have", "");
    end += got;
  }
  *end = 0;
  return variable;
}

static char **with_secrets(const char *self, char **names, size how_many, char **inherited) {
  size count = 0;
  while (inherited[count]) count++;
  char **variables = memory((count + how_many + 1) * sizeof(char *));
  char **next = variables;
  for (size i = 0; i < count; i++) {
    int replaced = 0;
    for (size n = 0; n < how_many; n++) replaced |= is_of(inherited[i], names[n]);
    if (!replaced) *next++ = inherited[i];
  }
  for (size n = 0; n < how_many; n++) *next++ = variable_of(self, names[n]);
  *next = 0;
  return variables;
}

static const char *search_path(char **variables) {
  for (; *variables; variables++)
    if (is_of(*variables, "PATH")) return *variables + length("PATH=");
  return USUAL_PATH;
}

/* Comes back where it could not be started, with the number of what is wrong. */
static long execute(const char *file, char **arguments, char **variables) {
  return -call(EXECVE, (long)file, (long)arguments, (long)variables, 0, 0, 0);
}

/* In each folder of PATH, as execvp(3); an empty one is the working directory. */
static long execute_in_path(char **arguments, char **variables) {
  const char *name = *arguments, *from = search_path(variables);
  long error = ENOENT;
  char *file = memory(2 * LONGEST_PATH);
  for (;;) {
    size folder = 0;
    while (from[folder] && from[folder] != ':') folder++;
    if (folder < LONGEST_PATH && length(name) + 2 < LONGEST_PATH) {
      char *end = folder ? append(append(file, from, folder), "/", 1) : file;
      append(end, name, length(name));
      long failed = execute(file, arguments, variables);
      if (failed != ENOENT && failed != ENOTDIR && failed != EACCES) return failed;
      if (failed == EACCES) error = EACCES;
    }
    if (!from[folder]) return error;
    from += folder + 1;
  }
}

static int has_slash(const char *text) {
  while (*text && *text != '/') text++;
  return *text == '/';
}

/* @param stack as the kernel leaves it: the number of arguments, the arguments, 0, the variables, 0 */
void __attribute__((noreturn, used)) start(long *stack) {
  size count = (size)stack[0], names = 1;
  char **arguments = (char **)(stack + 1);
  char **inherited = arguments + count + 1;
  while (names < count && !same(arguments[names], "--")) names++;
  if (names >= count) fail(WRAPPER_FAILED, "usage: secret-env NAME... -- PROGRAM [ARGUMENT...]", "", "", "");
  char **program = arguments + names + 1;
  if (!*program || !**program)
    fail(WRAPPER_FAILED, "no program to start: the image has neither an entry point nor a command", "", "", "");
  char **variables = with_secrets(arguments[0], arguments + 1, names - 1, inherited);
  long error = has_slash(*program) ? execute(*program, program, variables) : execute_in_path(program, variables);
  fail(error == ENOENT || error == ENOTDIR ? NOT_FOUND : NOT_STARTED, "exec ", *program, ": ", meaning(error));
}
