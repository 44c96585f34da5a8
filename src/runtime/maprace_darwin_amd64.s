//go:build darwin

// The C functions that maprace_os_darwin.go calls, with arguments as the runtime's own libcCall hands them over.

#include "textflag.h"

TEXT ·mrSocketTrampoline(SB),NOSPLIT,$0
	MOVQ	8(DI), SI
	MOVQ	16(DI), DX
	MOVQ	0(DI), DI
	CALL	libc_socket(SB)
	RET

TEXT ·mrConnectTrampoline(SB),NOSPLIT,$0
	MOVQ	8(DI), SI
	MOVQ	16(DI), DX
	MOVQ	0(DI), DI
	CALL	libc_connect(SB)
	RET
