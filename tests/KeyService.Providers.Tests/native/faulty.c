/*
 * A PKCS#11 module that forwards to the module "target.so" in its own folder and misbehaves when told to.
 * The tests compile it, put it beside a private copy of SoftHSM, and steer it by the faulty_ functions below.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef unsigned long CK_ULONG;
typedef CK_ULONG CK_RV;
typedef struct { CK_ULONG type; void *value; CK_ULONG length; } CK_ATTRIBUTE;
typedef struct { void *create, *destroy, *lock, *unlock; CK_ULONG flags; void *reserved; } CK_C_INITIALIZE_ARGS;
typedef struct { unsigned char major, minor; void *functions[68]; } CK_FUNCTION_LIST;

/* Places of the functions in the list. */
enum {
  INITIALIZE = 0, FINALIZE = 1, GET_SLOT_LIST = 4, OPEN_SESSION = 12, CLOSE_SESSION = 13, CLOSE_ALL_SESSIONS = 14,
  GET_SESSION_INFO = 15, LOGIN = 18, LOGOUT = 19, GET_ATTRIBUTE_VALUE = 24, FIND_OBJECTS_INIT = 26, SIGN_INIT = 42,
  SIGN = 43, GENERATE_KEY_PAIR = 59, FUNCTIONS = 68
};

static CK_FUNCTION_LIST list;
static void **target;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct { CK_RV code; long skip, times, to_freeze, releases, waiting, calls; } fault[FUNCTIONS];
static int hidden_slots, short_signatures, spoiled_points;
static CK_ULONG lie_type = ~0UL, hidden_type = ~0UL, last_slot, last_session;
static unsigned char lie_value;
static unsigned char forged[64];
static int forges;
static CK_ULONG seen_flags;
static char seen_reserved[256];

void faulty_fail(int function, CK_ULONG code, long skip, long times) {
  pthread_mutex_lock(&lock);
  fault[function].code = code;
  fault[function].skip = skip;
  fault[function].times = times;
  pthread_mutex_unlock(&lock);
}

/* The next so many calls hang until they are released; 0 releases all. */
void faulty_freeze(int function, long calls) {
  pthread_mutex_lock(&lock);
  fault[function].to_freeze = calls;
  if (calls == 0) fault[function].releases++;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

/* Waits until so many threads hang in a function; 0 when that did not come about in time. */
int faulty_wait_frozen(int function, long count, long milliseconds) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += milliseconds / 1000;
  end.tv_nsec += milliseconds % 1000 * 1000000;
  if (end.tv_nsec >= 1000000000) { end.tv_sec++; end.tv_nsec -= 1000000000; }
  pthread_mutex_lock(&lock);
  while (fault[function].waiting != count)
    if (pthread_cond_timedwait(&changed, &lock, &end) == ETIMEDOUT) break;
  int reached = fault[function].waiting == count;
  pthread_mutex_unlock(&lock);
  return reached;
}

long faulty_calls(int function) {
  pthread_mutex_lock(&lock);
  long calls = fault[function].calls;
  pthread_mutex_unlock(&lock);
  return calls;
}

void faulty_hide_slots(int on) { hidden_slots = on; }
void faulty_short_signatures(int on) { short_signatures = on; }
void faulty_forge(const unsigned char *signature) { memcpy(forged, signature, sizeof forged); forges = 1; }
void faulty_spoil_points(int on) { spoiled_points = on; }
void faulty_lie(CK_ULONG type, int value) { lie_value = (unsigned char)value; lie_type = type; }
void faulty_hide_attribute(CK_ULONG type) { hidden_type = type; }
CK_ULONG faulty_seen_flags(void) { return seen_flags; }
const char *faulty_seen_reserved(void) { return seen_reserved; }

/* What really happens to a process whose login or sessions go: by the module itself, not by a made-up code. */
CK_RV faulty_logout(void) { return ((CK_RV (*)(CK_ULONG))target[LOGOUT])(last_session); }
CK_RV faulty_close_all_sessions(void) { return ((CK_RV (*)(CK_ULONG))target[CLOSE_ALL_SESSIONS])(last_slot); }
CK_RV faulty_finalize_behind_the_back(void) { return ((CK_RV (*)(void *))target[FINALIZE])(NULL); }

static CK_RV enter(int function) {
  CK_RV code = 0;
  pthread_mutex_lock(&lock);
  fault[function].calls++;
  if (fault[function].to_freeze > 0) {
    long releases = fault[function].releases;
    fault[function].to_freeze--;
    fault[function].waiting++;
    pthread_cond_broadcast(&changed);
    while (fault[function].releases == releases) pthread_cond_wait(&changed, &lock);
    fault[function].waiting--;
    pthread_cond_broadcast(&changed);
  }
  if (fault[function].times != 0) {
    if (fault[function].skip > 0) fault[function].skip--;
    else {
      code = fault[function].code;
      if (fault[function].times > 0) fault[function].times--;
    }
  }
  pthread_mutex_unlock(&lock);
  return code;
}

#define GUARD(function) do { CK_RV code = enter(function); if (code != 0) return code; } while (0)

static CK_RV initialize(CK_C_INITIALIZE_ARGS *args) {
  seen_flags = args ? args->flags : 0;
  snprintf(seen_reserved, sizeof seen_reserved, "%s", args && args->reserved ? (char *)args->reserved : "");
  GUARD(INITIALIZE);
  CK_C_INITIALIZE_ARGS own = { 0 };
  own.flags = seen_flags;
  return ((CK_RV (*)(void *))target[INITIALIZE])(&own); /* SoftHSM refuses a pReserved */
}

static CK_RV finalize(void *reserved) {
  GUARD(FINALIZE);
  return ((CK_RV (*)(void *))target[FINALIZE])(reserved);
}

static CK_RV get_slot_list(unsigned char present, CK_ULONG *slots, CK_ULONG *count) {
  GUARD(GET_SLOT_LIST);
  if (hidden_slots) { *count = 0; return 0; }
  return ((CK_RV (*)(unsigned char, CK_ULONG *, CK_ULONG *))target[GET_SLOT_LIST])(present, slots, count);
}

static CK_RV open_session(CK_ULONG slot, CK_ULONG flags, void *application, void *notify, CK_ULONG *session) {
  GUARD(OPEN_SESSION);
  CK_RV code = ((CK_RV (*)(CK_ULONG, CK_ULONG, void *, void *, CK_ULONG *))target[OPEN_SESSION])(slot, flags, application, notify, session);
  if (code == 0) { last_slot = slot; last_session = *session; }
  return code;
}

static CK_RV close_session(CK_ULONG session) {
  GUARD(CLOSE_SESSION);
  return ((CK_RV (*)(CK_ULONG))target[CLOSE_SESSION])(session);
}

static CK_RV get_session_info(CK_ULONG session, void *info) {
  GUARD(GET_SESSION_INFO);
  return ((CK_RV (*)(CK_ULONG, void *))target[GET_SESSION_INFO])(session, info);
}

static CK_RV login(CK_ULONG session, CK_ULONG user, unsigned char *pin, CK_ULONG length) {
  GUARD(LOGIN);
  return ((CK_RV (*)(CK_ULONG, CK_ULONG, unsigned char *, CK_ULONG))target[LOGIN])(session, user, pin, length);
}

static CK_RV get_attribute_value(CK_ULONG session, CK_ULONG object, CK_ATTRIBUTE *attributes, CK_ULONG count) {
  GUARD(GET_ATTRIBUTE_VALUE);
  if (count == 1 && attributes[0].type == hidden_type) { attributes[0].length = ~0UL; return 0x12; }
  CK_RV code = ((CK_RV (*)(CK_ULONG, CK_ULONG, CK_ATTRIBUTE *, CK_ULONG))target[GET_ATTRIBUTE_VALUE])(session, object, attributes, count);
  if (code == 0 && count == 1 && attributes[0].value != NULL) {
    if (attributes[0].type == lie_type && attributes[0].length == 1) *(unsigned char *)attributes[0].value = lie_value;
    if (attributes[0].type == 0x181 && spoiled_points) ((unsigned char *)attributes[0].value)[attributes[0].length - 1] ^= 1;
  }
  return code;
}

static CK_RV find_objects_init(CK_ULONG session, CK_ATTRIBUTE *attributes, CK_ULONG count) {
  GUARD(FIND_OBJECTS_INIT);
  return ((CK_RV (*)(CK_ULONG, CK_ATTRIBUTE *, CK_ULONG))target[FIND_OBJECTS_INIT])(session, attributes, count);
}

static CK_RV sign_init(CK_ULONG session, void *mechanism, CK_ULONG key) {
  GUARD(SIGN_INIT);
  return ((CK_RV (*)(CK_ULONG, void *, CK_ULONG))target[SIGN_INIT])(session, mechanism, key);
}

static CK_RV sign(CK_ULONG session, unsigned char *data, CK_ULONG length, unsigned char *signature, CK_ULONG *signature_length) {
  GUARD(SIGN);
  CK_RV code = ((CK_RV (*)(CK_ULONG, unsigned char *, CK_ULONG, unsigned char *, CK_ULONG *))target[SIGN])(session, data, length, signature, signature_length);
  if (code == 0 && short_signatures) (*signature_length)--;
  if (code == 0 && forges && *signature_length == sizeof forged) memcpy(signature, forged, sizeof forged);
  return code;
}

static CK_RV generate_key_pair(CK_ULONG session, void *mechanism, void *a, CK_ULONG b, void *c, CK_ULONG d, CK_ULONG *public_key, CK_ULONG *private_key) {
  GUARD(GENERATE_KEY_PAIR);
  return ((CK_RV (*)(CK_ULONG, void *, void *, CK_ULONG, void *, CK_ULONG, CK_ULONG *, CK_ULONG *))target[GENERATE_KEY_PAIR])(
      session, mechanism, a, b, c, d, public_key, private_key);
}

static CK_RV load(void) {
  Dl_info self;
  char path[4096];
  if (!dladdr((void *)load, &self)) return 0x5;
  const char *slash = strrchr(self.dli_fname, '/');
  if (snprintf(path, sizeof path, "%.*s/target.so", (int)(slash - self.dli_fname), self.dli_fname) >= (int)sizeof path) return 0x5;
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  CK_RV (*get)(CK_FUNCTION_LIST **) = library ? (CK_RV (*)(CK_FUNCTION_LIST **))dlsym(library, "C_GetFunctionList") : NULL;
  CK_FUNCTION_LIST *original;
  if (get == NULL || get(&original) != 0) return 0x5;
  list = *original;
  target = original->functions;
  list.functions[INITIALIZE] = initialize;
  list.functions[FINALIZE] = finalize;
  list.functions[GET_SLOT_LIST] = get_slot_list;
  list.functions[OPEN_SESSION] = open_session;
  list.functions[CLOSE_SESSION] = close_session;
  list.functions[GET_SESSION_INFO] = get_session_info;
  list.functions[LOGIN] = login;
  list.functions[GET_ATTRIBUTE_VALUE] = get_attribute_value;
  list.functions[FIND_OBJECTS_INIT] = find_objects_init;
  list.functions[SIGN_INIT] = sign_init;
  list.functions[SIGN] = sign;
  list.functions[GENERATE_KEY_PAIR] = generate_key_pair;
  return 0;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **result) {
  CK_RV code = 0;
  pthread_mutex_lock(&lock);
  if (target == NULL) code = load();
  pthread_mutex_unlock(&lock);
  *result = &list;
  return code;
}
