using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Xunit;

namespace CrashHandler.Tests.Stacks;

public sealed class ExceptionTextTests
{
    [Fact]
    public void TypeMessageFramesAndPlaces()
    {
        StackException exception = ExceptionText.Parse("App.OwnException", "first\n   at No.Frame()\nlast", """
            App.OwnException: first
               at No.Frame()
            last
               at App.Store`1.Load[T](String path, List`1 names, Int32& count) in /src/a in b/Store.cs:line 12
               at App.Program.Numbers()+MoveNext()
               at App.Program.Main(String[] args) + 0x1a
               at app!<BaseAddress>+0x12ab
            --- End of stack trace from previous location ---
               at App.Cut.Of
            """.ReplaceLineEndings("\n"));

        Assert.Equal(("App.OwnException", "first\n   at No.Frame()\nlast", (string?)null), (exception.Type, exception.Message, exception.Problem));
        Assert.Equal(["App.Store`1.Load<T>(String, List`1, Int32&)", "App.Program.Numbers()+MoveNext()", "App.Program.Main(String[])", null], exception.Frames.Select(frame => frame.Method));
        Assert.Equal(("/src/a in b/Store.cs", 12), (exception.Frames[0].File, exception.Frames[0].Line));
        Assert.Equal((StackFrameKind.Native, "app", 0x12abUL), (exception.Frames[3].Kind, exception.Frames[3].Module, exception.Frames[3].ModuleOffset));
        Assert.All(exception.Frames, frame => Assert.Equal(StackFrameOrigin.Text, frame.Origin));
    }

    [Fact]
    public void InnerExceptionsOfARealOne()
    {
        StackException exception = Parse(Catch(() => Wrap(() => Wrap(() => throw new SocketException(111)))));

        Assert.Equal("App failed\nbadly", exception.Message);
        StackException second = Assert.Single(exception.Inner);
        Assert.Equal(("System.InvalidOperationException", "App failed\nbadly"), (second.Type, second.Message));
        StackException socket = Assert.Single(second.Inner);
        Assert.Equal(typeof(SocketException).FullName, socket.Type);
        Assert.Equal(new SocketException(111).Message, socket.Message);
        Assert.Empty(socket.Inner);
        Assert.All([exception, second, socket], part => Assert.NotEmpty(part.Frames));
        Assert.Contains("InnerExceptionsOfARealOne", socket.Frames[0].Method, StringComparison.Ordinal);
        Assert.EndsWith("ExceptionTextTests.cs", socket.Frames[0].File, StringComparison.Ordinal);
    }

    [Fact]
    public void AllOfAnAggregateAndAllOfThoseInIt()
    {
        Exception thrown = Catch(() => Wrap(() => throw new AggregateException("several", Catch(() => Wrap(() => throw new FormatException("a\nb"))),
            new AggregateException(new TimeoutException("c"), new ArgumentException("d\n")), Catch(() => throw new NotSupportedException("e")))));
        StackException outer = Parse(thrown);

        Assert.Null(outer.Problem);
        Assert.NotEmpty(outer.Frames);
        StackException aggregate = Assert.Single(outer.Inner);
        Assert.Equal(["System.InvalidOperationException", "System.AggregateException", "System.NotSupportedException"], aggregate.Inner.Select(inner => inner.Type));
        Assert.Equal(("System.FormatException", "a\nb"), (aggregate.Inner[0].Inner[0].Type, aggregate.Inner[0].Inner[0].Message));
        Assert.Equal(["System.TimeoutException", "System.ArgumentException"], aggregate.Inner[1].Inner.Select(inner => inner.Type));
        Assert.Equal(["c", "d\n"], aggregate.Inner[1].Inner.Select(inner => inner.Message));
        Assert.Equal("e", aggregate.Inner[2].Message);
        Assert.NotEmpty(aggregate.Inner[2].Frames);
    }

    [Fact]
    public void AnHResultIsRead()
        => Assert.Equal(("App.ComException", unchecked((int)0x80004005), "no"), ExceptionText.Parse("A", "", "A: \n ---> App.ComException (0x80004005): no\n   --- End of inner exception stack trace ---").Inner.Select(inner => (inner.Type, inner.HResult, inner.Message)).Single());

    [Fact]
    public void WhatWasCutOffIsSaid()
    {
        Assert.NotNull(ExceptionText.Parse("A", "", "A: \n ---> B: b\n   at B.M()").Problem);
        StackException long_ = ExceptionText.Parse("A", "m", "A: m" + string.Concat(Enumerable.Repeat("\n   at B.M()", 3000)));
        Assert.Equal(StacksLimits.KeptFrames, long_.Frames.Count);
        Assert.NotNull(long_.Problem);
    }

    [Fact]
    public void NestingIsBounded()
    {
        string text = "A: " + string.Concat(Enumerable.Range(0, 100).Select(i => $"\n ---> B{i}: b")) + string.Concat(Enumerable.Repeat("\n   at B.M()\n   --- End of inner exception stack trace ---", 100)) + "\n   at A.M()";
        StackException exception = ExceptionText.Parse("A", "", text);
        int count = 1;
        for (StackException inner = exception; inner.Inner.Count > 0; inner = inner.Inner[0])
        {
            count++;
        }

        Assert.Equal(StacksLimits.Exceptions, count);
        Assert.NotNull(exception.Problem);
        Assert.Equal("A.M()", Assert.Single(exception.Frames).Method);
    }

    /// <summary>The names that the runtime's own data has, which a walk says, and those of the text give one signature.</summary>
    [Theory]
    [InlineData("plain")]
    [InlineData("lambda")]
    [InlineData("local")]
    [InlineData("async")]
    [InlineData("async lambda")]
    [InlineData("iterator")]
    [InlineData("generic")]
    [InlineData("linq")]
    [InlineData("argument")]
    [InlineData("rethrow")]
    [InlineData("constructor")]
    [InlineData("aggregate")]
    [InlineData("initializer")]
    [InlineData("reflection")]
    public void TextAndWalkHaveOneSignature(string kind)
    {
        Exception thrown = Catch(() => ThrowingPrograms.Run(kind));
        StackException text = Parse(thrown);
        StackException walk = Walk(thrown);
        string? signature = StackSignature.Of(SampleStack.Document(text));
        Assert.Equal(StackSignature.Of(SampleStack.Document(walk)), signature);
        Assert.Contains(nameof(ThrowingPrograms), signature, StringComparison.Ordinal);
        Assert.DoesNotContain('<', signature!);
    }

    [Fact]
    public void NoTextThrows()
    {
        Random random = new(6);
        string seed = Catch(() => Wrap(() => throw new AggregateException(new FormatException("a"), Catch(() => throw new NotSupportedException("b"))))).ToString();
        string[] pieces = ["\n", "   at ", " ---> ", "   --- End of inner exception stack trace ---", "(Inner Exception #1) ", "<---", " in ", ":line ", "(", ")", "[", "`", "\0", "\ud800", "!<BaseAddress>+0x", " + 0x", ": "];
        for (int round = 0; round < 5000; round++)
        {
            string text = seed;
            for (int change = random.Next(1, 12); change > 0; change--)
            {
                int at = random.Next(text.Length + 1);
                text = random.Next(3) switch
                {
                    0 => text.Insert(at, pieces[random.Next(pieces.Length)]),
                    1 => text[..at],
                    _ => text.Remove(at, Math.Min(random.Next(30), text.Length - at)),
                };
            }

            StackException exception = ExceptionText.Parse("System.InvalidOperationException", "App failed\nbadly", text);
            Assert.InRange(Count(exception), 1, StacksLimits.Exceptions);
            _ = StackSignature.Of(SampleStack.Document(exception));
        }
    }

    [Theory]
    [InlineData(" in ")]
    [InlineData(":line 1")]
    [InlineData("   at (\n")]
    [InlineData("\n ---> (Inner Exception #1) a<---")]
    [InlineData("[")]
    [InlineData(" + 0x1")]
    [InlineData("\n ---> ")]
    public void HostileTextTakesMilliseconds(string piece)
    {
        string text = "A: m\n   at " + string.Concat(Enumerable.Repeat(piece, 100_000 / piece.Length));
        long start = Stopwatch.GetTimestamp();
        StackException exception = ExceptionText.Parse("A", "m", text);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.InRange(Count(exception), 1, StacksLimits.Exceptions);
    }

    private static int Count(StackException exception) => 1 + exception.Inner.Sum(Count);

    private static StackException Parse(Exception thrown) => ExceptionText.Parse(thrown.GetType().ToString(), thrown.Message, thrown.ToString());

    // As the runtime's data has it: every frame, and the compiler's names.
    private static StackException Walk(Exception thrown) => new()
    {
        Type = thrown.GetType().ToString(),
        Message = thrown.Message,
        Frames = [.. new StackTrace(thrown).GetFrames().Select(frame => frame.GetMethod()!).Select(method
            => SampleStack.Frame($"{method.DeclaringType?.FullName ?? "DynamicClass"}.{method.Name}({string.Join(", ", method.GetParameters().Select(parameter => parameter.ParameterType.FullName))})"))],
        Inner = [.. thrown is AggregateException aggregate ? aggregate.InnerExceptions.Select(Walk) : thrown.InnerException is { } inner ? [Walk(inner)] : Array.Empty<StackException>()],
    };

    private static Exception Catch(Action action)
    {
        try
        {
            action();
        }
        catch (Exception thrown)
        {
            return thrown;
        }

        throw new InvalidOperationException("nothing was thrown");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Wrap(Action action)
    {
        try
        {
            action();
        }
        catch (Exception inner)
        {
            throw new InvalidOperationException("App failed\nbadly", inner);
        }
    }
}
