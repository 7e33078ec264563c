using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Native;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>
/// Real executions of libraries for Windows, one instruction at a time, of which <c>unwind_recorder.c</c> wrote what the caller's registers were: unwinding finds the same at each. Words of the stack
/// that hold none of the caller's registers are not recorded, and stand as a value that is none's.
/// </summary>
public sealed class RecordedUnwindTests
{
    private const ulong Base = 0x1_8000_0000;
    private const ulong Unrecorded = 0xcccc_cccc_cccc_cccc;
    private const ulong PageBytes = 4_096;

    // The return address and, above it, the room that every caller has for four parameters: a function may save registers there.
    private const int HomeBytes = 5 * sizeof(ulong);
    private const int DirectoryBytes = 1 << 20;

    // RBX, RBP, RSI, RDI, R12 to R15: what a callee must keep.
    private static readonly int[] s_kept =
        [DwarfRegister.Rbx, DwarfRegister.Rbp, DwarfRegister.Rsi, DwarfRegister.Rdi, DwarfRegister.R12, DwarfRegister.R13, DwarfRegister.R14, DwarfRegister.R15];

    /// <summary>
    /// Module, instructions that were recorded, and at how many of them another caller is found. Those are in GCC's <c>___chkstk_ms</c>, which pushes two registers without an entry in the exception directory:
    /// to every unwinder it is a function that leaves the stack as it was.
    /// </summary>
    public static TheoryData<string, int, int> Modules => new()
    {
        { "coreclr.dll", 4_000, 0 },
        { "System.IO.Compression.Native.dll", 4_000, 0 },
        { "ntdll.dll", 2_122, 0 },
        { "ucrtbase.dll", 1_603, 13 },
    };

    [Theory]
    [MemberData(nameof(Modules))]
    public void Each_instruction_leads_to_its_caller(string name, int instructions, int others)
    {
        Recording recording = Recording.Read(name);
        CachedMemory memory = new(new MadeUpMemory().With(Base, recording.Image), pages: 8_192);
        WalkModule module = new(name, Base, (ulong)recording.Image.Length, [], IsElf: false);
        using PeModule native = new(module, memory, problem => Assert.Fail(problem));
        List<string> wrong = [];
        foreach (Instruction instruction in recording.Instructions)
        {
            Frame frame = instruction.Frame;
            ulong pointer = frame.Slot - (ulong)instruction.Distance;
            ulong page = pointer & ~(PageBytes - 1);
            Span<ulong> stack = new ulong[(frame.Slot - page + HomeBytes) / sizeof(ulong)];
            stack.Fill(Unrecorded);
            foreach ((int offset, int count, int register) in instruction.Words)
            {
                stack.Slice((int)(pointer - page + (ulong)offset) / sizeof(ulong), count).Fill(frame.Kept[register]);
            }

            stack[^(HomeBytes / sizeof(ulong))] = frame.ReturnAddress;

            CachedMemory stackMemory = new(new MadeUpMemory().With(page, MemoryMarshal.AsBytes(stack).ToArray()), pages: 16);
            RegisterFile registers = default;
            registers[DwarfRegister.Rsp] = pointer;
            registers[DwarfRegister.ReturnAddress] = Base + instruction.Address;
            for (int i = 0; i < s_kept.Length; i++)
            {
                registers[s_kept[i]] = instruction.Changed.TryGetValue(i, out ulong value) ? value : frame.Kept[i];
            }

            RegisterFile caller = native.FindRow(Base + instruction.Address, isReturnAddress: false)!.Unwind(registers, stackMemory);

            if (caller.Ip != frame.ReturnAddress || caller.Sp != frame.Slot + sizeof(ulong) || s_kept.Where((register, i) => caller[register] != frame.Kept[i]).Any())
            {
                wrong.Add($"0x{instruction.Address:x}");
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{name}: {recording.Instructions.Count} instructions, {wrong.Count} lead elsewhere: {string.Join(" ", wrong)}");
        Assert.Equal((instructions, others), (recording.Instructions.Count, wrong.Count));
    }

    private sealed record Frame(ulong Slot, ulong ReturnAddress, ulong[] Kept);

    private sealed record Instruction(uint Address, int Distance, Dictionary<int, ulong> Changed, List<(int Offset, int Count, int Register)> Words, Frame Frame);

    private sealed record Recording(byte[] Image, List<Instruction> Instructions)
    {
        /// <summary>Reads what was recorded of a module; the form is told in <c>unwind_recorder.c</c>.</summary>
        public static Recording Read(string name)
        {
            string path = Path.Combine(TestPrograms.RepositoryRoot(), "tests", "Stacks", "recorded", "instructions.txt.gz");
            using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
            MadeUpPe? image = null;
            List<Instruction> instructions = [];
            Frame? frame = null;
            bool isOurs = false;
            while (reader.ReadLine() is { } line)
            {
                string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (parts[0] == "M")
                {
                    isOurs = parts[1] == name;
                    image ??= isOurs ? new MadeUpPe((int)Number(parts[2]) + DirectoryBytes, (uint)Number(parts[2])) : null;
                }
                else if (isOurs)
                {
                    switch (parts[0])
                    {
                        case "F":
                            image!.Function((uint)Number(parts[1]), (uint)Number(parts[2]), (uint)Number(parts[3]));
                            break;
                        case "U" or "C":
                            image!.Code((uint)Number(parts[1]), parts[2]);
                            break;
                        case "S":
                            frame = new Frame(Number(parts[1]), Number(parts[2]), [.. parts[3..].Select(Number)]);
                            break;
                        default:
                            instructions.Add(ReadInstruction(parts, frame!));
                            break;
                    }
                }
            }

            return new Recording(image!.Build(), instructions);
        }

        private static Instruction ReadInstruction(string[] parts, Frame frame)
        {
            int at = Array.IndexOf(parts, "@");
            Dictionary<int, ulong> changed = parts[3..at].Select(part => part.Split('=')).ToDictionary(part => (int)Number(part[0]), part => Number(part[1]));
            List<(int Offset, int Count, int Register)> words =
                [.. parts[(at + 1)..].Select(part => part.Split('+', '=')).Select(part => ((int)Number(part[0]), (int)Number(part[1]), (int)Number(part[2])))];
            return new Instruction((uint)Number(parts[1]), (int)Number(parts[2]), changed, words, frame);
        }

        private static ulong Number(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
