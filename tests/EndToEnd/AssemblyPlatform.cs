using System.Runtime.Versioning;

// Modes and owners of files are set without asking where we are: these tests need ptrace and /proc anyway.
[assembly: SupportedOSPlatform("linux")]
