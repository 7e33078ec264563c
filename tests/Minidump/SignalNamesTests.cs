using CrashHandler.Handler.Minidump;
using Xunit;

namespace CrashHandler.Tests.Minidump;

public sealed class SignalNamesTests
{
    [Theory]
    [InlineData(11, 1, "SIGSEGV /SEGV_MAPERR")]
    [InlineData(11, 2, "SIGSEGV /SEGV_ACCERR")]
    [InlineData(11, 0x80, "SIGSEGV /SI_KERNEL")]
    [InlineData(11, 0x1234, "SIGSEGV /0x1234")]
    [InlineData(11, -100, "SIGSEGV /0xffffff9c")]
    [InlineData(11, 11, "SIGSEGV /0xb")]
    [InlineData(6, -6, "SIGABRT /SI_TKILL")]
    [InlineData(6, 0, "SIGABRT /SI_USER")]
    [InlineData(8, 1, "SIGFPE /FPE_INTDIV")]
    [InlineData(7, 2, "SIGBUS /BUS_ADRERR")]
    [InlineData(4, 2, "SIGILL /ILL_ILLOPN")]
    [InlineData(5, 1, "SIGTRAP /TRAP_BRKPT")]
    [InlineData(31, 1, "SIGSYS /SYS_SECCOMP")]
    [InlineData(3, 0, "SIGQUIT /SI_USER")]
    [InlineData(15, -1, "SIGTERM /SI_QUEUE")]
    [InlineData(40, -6, "signal 40 /SI_TKILL")]
    [InlineData(0, 0, "signal 0 /SI_USER")]
    [InlineData(int.MinValue, int.MinValue, "signal -2147483648 /0x80000000")]
    [InlineData(unchecked((int)0xFFFFFFFF), 0, "Dump requested")]
    public void Describes(int signal, int code, string expected) => Assert.Equal(expected, SignalNames.Describe(signal, code));
}
