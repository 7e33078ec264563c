using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>What a report is without a call: the steps of handler/README.md, "Where ptrace is refused".</summary>
internal static class Degradation
{
    /// <summary>In words.</summary>
    public static string Of(AttemptFacts attempts)
    {
        bool ptrace = attempts.Refuses(AttemptFacts.Ptrace);
        bool memory = attempts.Refuses(AttemptFacts.ProcessVmReadv) && attempts.Refuses(AttemptFacts.Memory);
        List<string> lost = [];
        if (ptrace)
        {
            lost.Add(memory
                ? "Crashes are reported all the same, with access HandedOver: nothing stands still, and there is only the memory that the dying process opens itself."
                : "Crashes are reported all the same, with access Running: nothing stands still, and other threads have no registers, hence no stacks.");
        }
        else if (memory)
        {
            lost.Add("Memory is read through what the dying process opens itself.");
        }

        if (attempts.Refuses(AttemptFacts.MemfdCreate))
        {
            lost.Add("Without memfd_create there are no parameters of a process and no managed stacks in its report.");
        }

        if (attempts.Refuses(AttemptFacts.PidfdOpen))
        {
            lost.Add("Without pidfd_open the end of a process is noticed late, and stacks are walked without a time limit that holds.");
        }

        return string.Join(' ', lost.DefaultIfEmpty("Memory is read another way."));
    }
}
