// Started by DecoderPool; decodes pictures behind a lock (src/decode).
#include "src/decode/worker.h"

int main() { return kenal::decode::RunWorker(); }
