using System.Diagnostics;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// What of it is Linux's, the whole of <c>crash-handler-walk</c>: the request comes in on descriptor 0, the document goes out on descriptor 1. It has the rights of the process that it
/// looks at, or runs no code of that one's choice.
/// </summary>
internal static partial class WalkProcess
{
    private const int Input = 0, Output = 1;

    // SIGABRT: what the runtime ends a process with that nobody's catch saved.
    private const int Uncaught = 6;

    /// <summary>Runs it.</summary>
    /// <param name="reason">Why the runtime is not asked; null: it is.</param>
    /// <param name="isAgain">It has begun again, to be rid of the rights of threads that were there before it gave up its own.</param>
    /// <returns>Exit status.</returns>
    public static int Run(string? reason, bool isAgain)
    {
        long began = Stopwatch.GetTimestamp();
        OomScore.GoFirst();
        try
        {
            WalkRequest request;
            using (FileStream input = new(new SafeFileHandle(Input, ownsHandle: false), FileAccess.Read))
            {
                request = WalkRequestCodec.Read(input);
            }

            ProcessLimits.EndAfter(request.Limit);
            string? refusal = DropRights(request, reason, isAgain);
            ProcessLimits.LimitMemory(StacksLimits.WalkDataBytes);
            DescriptorMemory memory = new(new FileDescriptor(WalkRequest.MemoryDescriptor));
            Write(Walk(request, memory, new ProcessFiles(request), refusal, request.IsDotNet ? reason : null, new WalkClock(began, request.Limit)));

            // At once: the thread that asks the runtime may never come back.
            Libc._exit(Done);
            return Done;
        }
        catch (Exception error)
        {
            // Standard error is /dev/null, but for whoever tries it by hand.
            Console.Error.WriteLine($"crash-handler-walk: {error.Message}");
            return Failed;
        }
    }

    /// <summary>Becomes the process's user, before anything that it chose is opened.</summary>
    /// <returns>Why it could not be; null: it is.</returns>
    private static string? DropRights(WalkRequest request, string? reason, bool isAgain)
    {
        try
        {
            Credentials.Become(request.UserId, request.GroupId);
            Credentials.GiveUpPrivileges();
            if (!Credentials.HasPrivilegedThread())
            {
                return null;
            }

            if (isAgain)
            {
                return "no code of the process's choice is run, as a thread of the walk has rights that it gave up";
            }

            _ = Libc.lseek(Input, 0, Libc.SEEK_SET);
            throw Credentials.BeginAgain("crash-handler-walk", reason ?? "", "again");
        }
        catch (SyscallException error)
        {
            return $"no code of the process's choice is run, as the walk has other rights than the process: {error.Message}";
        }
    }

    private static void Write(StackDocument document)
    {
        using FileStream output = new(new SafeFileHandle(Output, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        output.Write(Encode(document));
    }
}
