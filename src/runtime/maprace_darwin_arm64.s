//go:build darwin

// The C functions that maprace_os_darwin.go calls, with arguments as the runtime's own libcCall hands them over.

#include "textflag.h"

TEXT ·mrSocketTrampoline(SB),NOSPLIT,$0
	MOVD	8(R0), R1
	MOVD	16(R0), R2
	MOVD	0(R0), R0
	BL	libc_socket(SB)
	RET

TEXT ·mrConnectTrampoline(SB),NOSPLIT,$0
	MOVD	8(R0), R1
	MOVD	16(R0), R2
	MOVD	0(R0), R0
	BL	libc_connect(SB)
	RET
