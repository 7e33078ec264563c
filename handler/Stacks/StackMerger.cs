using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Stacks.Native;

namespace CrashHandler.Handler.Stacks;

/// <summary>
/// One stack of the frames that the runtime tells of and those between them, in the order in which they were called, which is that of their stack pointers.
/// <para>
/// Two walks go outwards side by side. The native one begins at the thread's registers, and begins again at the registers of each managed frame: so it never depends on
/// what it found further in, and code of the runtime's that has no unwind table (managed methods have a chain of frame pointers) costs no more than one step. The runtime's own list is taken as it is: each of its
/// frames stands in the result once, in its order.
/// </para>
/// <para>
/// Code that is in no ELF image and that the runtime does not tell of (stubs, thunks, helpers written at run time) is stepped over while the runtime's list goes on, because it adds nothing; it is kept where a thread is in
/// it, and behind the list's end, where nothing else tells of a caller.
/// </para>
/// </summary>
internal static class StackMerger
{
    /// <summary>Merges one thread's frames.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="managed">What the runtime tells of it, innermost first; empty: nothing.</param>
    /// <param name="unwinder">Of its process.</param>
    /// <returns>Innermost first, at most <see cref="StacksLimits.ReadFrames"/>: where there are so many, there may be more.</returns>
    public static List<StackFrame> Merge(WalkThread thread, IReadOnlyList<ManagedFrame> managed, NativeUnwinder unwinder)
    {
        List<StackFrame> frames = [];
        NativeFrame? native = thread.Registers is { } registers ? unwinder.Innermost(registers) : null;
        int next = 0;
        while (frames.Count < StacksLimits.ReadFrames)
        {
            ManagedFrame? told = next < managed.Count ? managed[next] : null;
            if (told is not null && (native is null || !IsInside(native, told, managed, next, unwinder)))
            {
                frames.Add(told.Frame);
                next++;
                native = told.Frame.Kind == StackFrameKind.Managed ? StepFrom(told, native, unwinder) : native;
            }
            else if (native is not null)
            {
                if (told is null || native.Frame.Origin == StackFrameOrigin.Context || unwinder.IsNative(native.Frame.Ip))
                {
                    frames.Add(native.Frame);
                }

                native = unwinder.Step(native);
            }
            else
            {
                break;
            }
        }

        return frames;
    }

    /// <summary>Whether the native walk's frame comes before the runtime's.</summary>
    private static bool IsInside(NativeFrame native, ManagedFrame told, IReadOnlyList<ManagedFrame> managed, int index, NativeUnwinder unwinder)
    {
        if (IsSame(native, told))
        {
            return false;
        }

        ulong pointer = told.Frame.Sp;
        if (told.Frame.Kind == StackFrameKind.Transition && index + 1 < managed.Count && managed[index + 1].Frame is { Kind: StackFrameKind.Managed } caller)
        {
            // A marker lies among the locals of the frame that made it, which may be the method that the runtime tells of next.
            pointer = Math.Min(pointer, caller.Sp);
        }

        // On different stacks, as in a signal handler with one of its own, the native walk comes from the inner one.
        return native.Frame.Sp < pointer || (pointer != 0 && !unwinder.AreOnOneStack(native.Frame.Sp, pointer));
    }

    private static bool IsSame(NativeFrame native, ManagedFrame told)
        => told.Frame.Kind == StackFrameKind.Managed && native.Frame.Ip == told.Frame.Ip && (native.Frame.Sp == told.Frame.Sp || told.Registers is null);

    /// <summary>The native walk's next frame behind a managed one: by the registers that the runtime gives for it, else as it came here.</summary>
    private static NativeFrame? StepFrom(ManagedFrame told, NativeFrame? native, NativeUnwinder unwinder)
    {
        if (told.Registers is { } registers)
        {
            bool isReturnAddress = native is null || !IsSame(native, told) || native.IsReturnAddress;
            return unwinder.Step(new NativeFrame(told.Frame, registers, isReturnAddress));
        }

        return native is not null && (IsSame(native, told) || native.Frame.Sp == told.Frame.Sp) ? unwinder.Step(native) : native;
    }
}
