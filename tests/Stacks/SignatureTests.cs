using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Xunit;

namespace CrashHandler.Tests.Stacks;

public sealed class SignatureTests
{
    [Theory]
    [InlineData("P.M()", "P.M")]
    [InlineData("M", "M")]
    [InlineData("P.C..ctor(System.Int32)", "P.C..ctor")]
    [InlineData("P.C..cctor()", "P.C..cctor")]
    [InlineData("P.Outer<T>.M(System.Int32)", "P.Outer.M")]
    [InlineData("P.Outer`1.M[T](T value)", "P.Outer.M")]
    [InlineData("P.Outer`1[[System.__Canon, System.Private.CoreLib]].M[[System.Int32, System.Private.CoreLib]](System.Int32)", "P.Outer.M")]
    [InlineData("P.Outer`2+Inner`1.M()", "P.Outer.Inner.M")]
    [InlineData("System.Collections.Generic.Dictionary<System.Collections.Generic.List<System.String>, System.Int32[]>.get_Item(T)", "System.Collections.Generic.Dictionary.get_Item")]
    [InlineData("P.<>c.<Main>b__0_1()", "P.Main lambda")]
    [InlineData("P+<>c.<Main>b__0_1()", "P.Main lambda")]
    [InlineData("P.<>c__DisplayClass3_0.<Main>b__0()", "P.Main lambda")]
    [InlineData("P.<>c__DisplayClass3_0`1[[System.__Canon]].<Main>b__0(System.Object)", "P.Main lambda")]
    [InlineData("P.<>c__5<T>.<M>b__5_0(T)", "P.M lambda")]
    [InlineData("P.<>c.<<Main>b__0_0>d.MoveNext()", "P.Main lambda")]
    [InlineData("P.<Outer>g__Inner|0_0()", "P.Outer.Inner")]
    [InlineData("P.<Outer>g__Inner|0_0[T](T)", "P.Outer.Inner")]
    [InlineData("P.<>c__DisplayClass0_0.<Outer>g__Inner|1(System.Int32)", "P.Outer.Inner")]
    [InlineData("P+<<Outer>g__Inner|0_0>d.MoveNext()", "P.Outer.Inner")]
    [InlineData("P.<DoAsync>d__5.MoveNext()", "P.DoAsync")]
    [InlineData("P.<DoAsync>d__5`1.MoveNext()", "P.DoAsync")]
    [InlineData("P+<DoAsync>d__5<System.__Canon>.MoveNext()", "P.DoAsync")]
    [InlineData("P.Numbers()+MoveNext()", "P.Numbers")]
    [InlineData("P.<Numbers>d__1.MoveNext()", "P.Numbers")]
    [InlineData("P.<System.Collections.Generic.IEnumerable<T>.GetEnumerator>d__3.MoveNext()", "P.System.Collections.Generic.IEnumerable.GetEnumerator")]
    [InlineData("P.C.System.IDisposable.Dispose()", "P.C.System.IDisposable.Dispose")]
    [InlineData("Program.<Main>$(System.String[])", "Program.Main")]
    [InlineData("Program.<Main>(System.String[])", "Program.Main")]
    [InlineData("Program.<<Main>$>g__Die|0_0()", "Program.Main.Die")]
    [InlineData("Program+<>c.<<Main>$>b__0_0()", "Program.Main lambda")]
    [InlineData("Program+<<Main>$>d__0.MoveNext()", "Program.Main")]
    [InlineData("<Program>F1A2B3C4D__Hidden.M()", "Hidden.M")]
    [InlineData("<>f__AnonymousType0`2.get_A()", "AnonymousType.get_A")]
    [InlineData("P.op_Addition(P, P)", "P.op_Addition")]
    [InlineData("P._Closure$__1-0._Lambda$__0()", "P.lambda")]
    [InlineData("P.VB$StateMachine_3_DoAsync.MoveNext()", "P.DoAsync")]
    [InlineData("Program.work@12-3.Invoke(Microsoft.FSharp.Core.Unit)", "Program.work.Invoke")]
    [InlineData("", "")]
    [InlineData("....", "")]
    [InlineData("<", "<")]
    [InlineData("<<<<>", "<<<")]
    [InlineData("P.<M>b__", "P.M lambda")]
    [InlineData("P.<M>g__", "P.M.")]
    public void ManagedNamesAreThoseOfTheProgrammer(string method, string expected) => Assert.Equal(expected, ManagedName.Of(method));

    [Theory]
    [InlineData("memset", "memset")]
    [InlineData("__memset_avx2_unaligned_erms", "memset")]
    [InlineData("__memmove_evex_unaligned", "memmove")]
    [InlineData("__memmove_avx_unaligned_erms_rtm", "memmove")]
    [InlineData("__strlen_avx2", "strlen")]
    [InlineData("__memcpy_chk", "__memcpy_chk")]
    [InlineData("__GI_raise", "raise")]
    [InlineData("__GI___libc_free", "free")]
    [InlineData("__libc_start_main@@GLIBC_2.34", "__libc_start_main")]
    [InlineData("work.cold", "work")]
    [InlineData("work.part.0", "work")]
    [InlineData("work.isra.0.constprop.1", "work")]
    [InlineData("work.constprop.0.cold", "work")]
    [InlineData("work.llvm.1234567890", "work")]
    [InlineData("main.run", "main.run")]
    [InlineData("_Z4drawi", "draw")]
    [InlineData("_ZN5Scene4drawEi", "Scene::draw")]
    [InlineData("_ZNK5Scene4drawEi.cold", "Scene::draw")]
    [InlineData("_ZN5SceneC2Ev", "Scene::Scene")]
    [InlineData("_ZN5SceneD0Ev", "Scene::~Scene")]
    [InlineData("_ZN12_GLOBAL__N_14drawEv", "(anonymous namespace)::draw")]
    [InlineData("_ZSt9terminatev", "std::terminate")]
    [InlineData("_ZN9__gnu_cxx27__verbose_terminate_handlerEv", "__gnu_cxx::__verbose_terminate_handler")]
    [InlineData("_ZNSt6vectorIiSaIiEE2atEm", "_ZNSt6vectorIiSaIiEE2atEm")]
    [InlineData("_ZN3foo3bar17h0123456789abcdefE", "foo::bar")]
    [InlineData("foo::bar::h0123456789abcdef", "foo::bar")]
    [InlineData("Scene::draw(int, std::vector<int>) const", "Scene::draw")]
    [InlineData("Scene<int>::operator()(int)", "Scene::operator()")]
    [InlineData("_Z", "_Z")]
    [InlineData("_ZN99999999999999999999xE", "_ZN99999999999999999999xE")]
    [InlineData("_ZN5SceneI", "_ZN5SceneI")]
    public void NativeNamesAreTheSameOverBuildsAndMachines(string symbol, string expected) => Assert.Equal(expected, NativeName.OfFunction(symbol));

    [Theory]
    [InlineData("/lib/x86_64-linux-gnu/libc.so.6", "libc.so")]
    [InlineData("/lib/libc-2.31.so", "libc.so")]
    [InlineData("/opt/lib/libssl.so.1.1", "libssl.so")]
    [InlineData("/opt/lib/libcurl-gnutls.so.4.8.0 (deleted)", "libcurl-gnutls.so")]
    [InlineData("/opt/app/app", "app")]
    [InlineData("/opt/app/App.Core.dll", "App.Core.dll")]
    [InlineData("/opt/app/C:\\x.so.1", "C:\\x.so")]
    [InlineData(@"C:\Windows\System32\KERNELBASE.dll", "kernelbase.dll")]
    [InlineData(@"\\server\share\App.exe", "app.exe")]
    public void ModulesHaveNoVersion(string path, string expected) => Assert.Equal(expected, NativeName.OfModule(path));

    /// <summary>What is expected, the exception's type or null, frames innermost first: of the exception if there is one.</summary>
    public static TheoryData<string?, string?, string[]> Stacks => new()
    {
        { "System.InvalidOperationException | App.Store.Load", "System.InvalidOperationException", ["App.Store.Load(System.String)", "App.Program.Main(System.String[])"] },
        { "System.InvalidOperationException | App.Store.Load", "System.InvalidOperationException", ["App.Store.Load(System.String)", "App.Program+<>c.<Main>b__0_0()", "System.Threading.Thread.StartCallback()"] },
        { "System.InvalidOperationException | App.Store.Load | App.Work.Do", "System.InvalidOperationException", ["App.Store.Load(System.String)", "App.Work.Do()", "App.Program.Main(System.String[])"] },
        { "System.InvalidOperationException | App.Program.Main", "System.InvalidOperationException", ["App.Program.Main(System.String[])"] },
        { "System.InvalidOperationException | App.Program.Main", "System.InvalidOperationException", ["App.Program+<Main>d__0.MoveNext()", "System.Runtime.CompilerServices.TaskAwaiter.GetResult()", "App.Program.<Main>(System.String[])"] },
        { "System.InvalidOperationException", "System.InvalidOperationException", [] },
        { "App.Store.Load", "(type 7f3a40001234)", ["App.Store.Load()"] },
        {
            "System.InvalidOperationException | System.Linq.Enumerable.First | App.Query.Run | App.Query.RunAll", "System.InvalidOperationException",
            ["System.Linq.ThrowHelper.ThrowNoElementsException()", "System.Linq.Enumerable.TryGetFirst<T>()", "System.Linq.Enumerable.First<System.Int32>(System.Collections.Generic.IEnumerable<System.Int32>)", "App.Query.Run()", "App.Query.RunAll()", "App.Program.Main()"]
        },
        { "System.ArgumentNullException | App.Query.Run", "System.ArgumentNullException", ["System.ArgumentNullException.Throw(System.String)", "System.ArgumentNullException.ThrowIfNull(System.Object, System.String)", "App.Query.Run()", "App.Program.Main()"] },
        { "App.OwnException | App.Query.Run", "App.OwnException`1", ["App.ThrowHelpers.Fail()", "App.Query.Throw()", "App.Query.Run()"] },
        { "App.OwnException | App.Program.Throw", "App.OwnException", ["App.Program.Throw()", "App.Program.Main()"] },
        {
            "System.TimeoutException | App.Client.SendAsync | App.Client.RetryAsync", "System.TimeoutException",
            [
                "App.Client+<SendAsync>d__3.MoveNext()", "System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw()", "System.Runtime.CompilerServices.TaskAwaiter.ThrowForNonSuccess(System.Threading.Tasks.Task)",
                "System.Runtime.CompilerServices.TaskAwaiter<System.Int32>.GetResult()", "App.Client+<RetryAsync>d__4.MoveNext()", "System.Threading.Tasks.Task+<>c.<ThrowAsync>b__128_1(System.Object)",
                "System.Threading.QueueUserWorkItemCallbackDefaultContext.Execute()", "System.Threading.ThreadPoolWorkQueue.Dispatch()", "System.Threading.PortableThreadPool+WorkerThread.WorkerThreadStart()",
            ]
        },
        { "App.Recursive.Visit | App.Recursive.Start", null, ["App.Recursive.Visit(App.Node)", "App.Recursive.Visit(App.Node)", "App.Recursive.Visit(App.Node)", "App.Recursive.Start()", "App.Program.Main()"] },
        {
            "App.Store.Save | App.Work.Do", null,
            [
                "libc.so.6!__pthread_kill_implementation", "libc.so.6!raise", "libc.so.6!abort", "libcoreclr.so!", "libcoreclr.so!EEPolicy::HandleFatalError", "[HelperMethodFrame]",
                "System.Environment.FailFast(System.String)", "App.Store.Save()", "App.Work.Do()", "App.Program.Main()", "libcoreclr.so!CallDescrWorkerInternal", "libhostpolicy.so!", "app!", "libc.so.6!__libc_start_call_main", "app!_start",
            ]
        },
        {
            "App.Check", null,
            ["libc.so.6!raise", "libc.so.6!abort", "libcoreclr.so!", "System.Environment.FailFast(System.String)", "System.Diagnostics.DebugProvider.FailCore(System.String)", "System.Diagnostics.Debug.Fail(System.String)", "System.Diagnostics.Debug.Assert(Boolean)", "App.Check()", "Program.<Main>$(System.String[])"]
        },
        { "memset | App.Native.Fill | App.Work.Do", null, ["libc.so.6!__memset_avx2_unaligned_erms", "[InlinedCallFrame]", "ILStubClass.IL_STUB_PInvoke(IntPtr, Int32)", "App.Native.Fill()", "App.Work.Do()", "App.Program.Main()", "app!main"] },
        { "parse_header | parse", null, ["libparse.so.1!parse_header.part.0", "libparse.so.1!parse", "[InlinedCallFrame]", "App.Native.Parse(System.String)"] },
        { "libparse.so | App.Native.Parse", null, ["libparse.so.1.2!", "libparse.so.1.2!", "libparse.so.1.2!", "[InlinedCallFrame]", "App.Native.Parse(System.String)", "App.Program.Main()"] },
        { "crunch | step", null, ["app!crunch", "app!step", "app!main", "libc.so.6!__libc_start_call_main", "libc.so.6!__libc_start_main_impl", "app!_start"] },
        { "crunch | step", null, ["app!crunch.cold", "app!step", "libc.so.6!start_thread", "libc.so.6!clone3"] },
        { "app", null, ["app!", "app!", "libc.so.6!__libc_start_call_main"] },
        { "free | destroy", null, ["libc.so.6!__pthread_kill_implementation", "libc.so.6!raise", "libc.so.6!abort", "libc.so.6!__libc_message", "libc.so.6!malloc_printerr", "libc.so.6!_int_free", "libc.so.6!__GI___libc_free", "app!destroy", "app!main"] },
        { "check", null, ["libc.so.6!raise", "libc.so.6!abort", "libc.so.6!__assert_fail_base", "libc.so.6!__assert_fail", "app!check", "app!main"] },
        { "Scene::draw | loop", null, ["libc.so.6!raise", "libc.so.6!abort", "libstdc++.so.6!_ZN9__gnu_cxx27__verbose_terminate_handlerEv", "libstdc++.so.6!_ZN10__cxxabiv111__terminateEPFvvE", "libstdc++.so.6!_ZSt9terminatev", "libstdc++.so.6!__cxa_throw", "app!_ZN5Scene4drawEi", "app!loop", "app!main"] },
        { "libcoreclr.so | System.GC.Collect | App.Cache.Trim", null, ["libcoreclr.so!", "libcoreclr.so!", "[HelperMethodFrame]", "System.GC._Collect(Int32, Int32)", "System.GC.Collect()", "App.Cache.Trim()", "App.Program.Main()"] },
        { "App.Program.Run", null, ["libc.so.6!__restore_rt", "memfd:doublemapper (deleted)!", "App.Program.Run()", "App.Program.Main()"] },
        { "App.Plugin.Run", null, ["App.Plugin.Run()", "DynamicClass.InvokeStub_Plugin.Run(System.Object, System.Object*)", "System.Reflection.MethodBaseInvoker.InvokeWithNoArgs(System.Object)", "App.Program.Main()"] },
        { "App.Resource.Finalize", null, ["App.Resource.Finalize()", "System.GC.RunFinalizers()", "[DebuggerU2MCatchHandlerFrame]", "libcoreclr.so!"] },
        { null, null, ["libcrashhandler.so!", "libc.so.6!raise", "[HelperMethodFrame]"] },
        {
            "Fill | App.Native.Fill", null,
            [@"C:\app\fill.dll!Fill", "[InlinedCallFrame]", "ILStubClass.IL_STUB_PInvoke(IntPtr, Int32)", "App.Native.Fill()", "App.Work.Do()", "App.Program.Main()", @"C:\app\coreclr.dll!", @"C:\app\hostfxr.dll!hostfxr_main"]
        },
        { "crunch | step", null, [@"C:\Windows\System32\KERNELBASE.dll!RaiseException", @"C:\app\app.exe!crunch", @"C:\app\app.exe!step", @"C:\Windows\System32\KERNEL32.DLL!BaseThreadInitThunk", @"C:\Windows\System32\ntdll.dll!RtlUserThreadStart"] },
        { "RaiseException | crunch", null, ["libx.so!RaiseException", "app!crunch", "app!main"] },
        { null, null, [] },
    };

    [Theory]
    [MemberData(nameof(Stacks))]
    public void TheTopMeaningfulFramesName(string? expected, string? exception, string[] frames)
        => Assert.Equal(expected, StackSignature.Of(exception is null ? SampleStack.Document(null, frames) : SampleStack.Document(SampleStack.Exception(exception, frames), "libc.so.6!raise", "libc.so.6!abort", "libcoreclr.so!")));

    [Fact]
    public void AnExceptionWithoutAStackHasTheThreads()
        => Assert.Equal("System.OutOfMemoryException | App.Cache.Grow", StackSignature.Of(SampleStack.Document(SampleStack.Exception("System.OutOfMemoryException"), "libc.so.6!raise", "libc.so.6!abort", "libcoreclr.so!", "App.Cache.Grow()", "App.Program.Main()")));

    [Fact]
    public void WhatAWrapperHoldsIsMeant()
    {
        StackException cause = SampleStack.Exception("System.FormatException", "App.Config.Parse(System.String)", "App.Config..cctor()");
        StackException initializer = SampleStack.Exception("System.TypeInitializationException", "App.Program.Main()") with { Inner = [cause] };
        StackException invocation = SampleStack.Exception("System.Reflection.TargetInvocationException", "App.Program.Main()") with { Inner = [initializer] };
        Assert.Equal("System.FormatException | App.Config.Parse | App.Config..cctor", StackSignature.Of(SampleStack.Document(invocation, "libc.so.6!raise")));

        StackException unthrown = SampleStack.Exception("System.AggregateException", "App.Jobs.Wait()") with { Inner = [SampleStack.Exception("System.TimeoutException")] };
        Assert.Equal("System.TimeoutException | App.Jobs.Wait", StackSignature.Of(SampleStack.Document(unthrown, "libc.so.6!raise")));

        StackException other = SampleStack.Exception("App.StoreException", "App.Store.Load()") with { Inner = [cause] };
        Assert.Equal("App.StoreException | App.Store.Load", StackSignature.Of(SampleStack.Document(other, "libc.so.6!raise")));
    }

    [Theory]
    [InlineData("P.A()|P.B()|P.C()", "stack overflow | P.A | P.B")]
    [InlineData("P.B()|P.C()|P.A()", "stack overflow | P.A | P.B")]
    [InlineData("P.C()|P.A()|P.B()", "stack overflow | P.A | P.B")]
    [InlineData("P.Rec()", "stack overflow | P.Rec")]
    [InlineData("P.Rec()|[InlinedCallFrame]|libc.so.6!qsort_r|libc.so.6!qsort", "stack overflow | P.Rec")]
    public void AStackOverflowIsItsCycleWhereverItEnded(string cycle, string expected)
    {
        StackFrame[] repeated = SampleStack.Frames(cycle.Split('|'));
        StackFrame[] frames = [.. SampleStack.Frames("System.String.Concat(System.String)"), .. Enumerable.Repeat(repeated, 3000).SelectMany(frames => frames), .. SampleStack.Frames("P.Main()")];
        StackThread thread = StackFolding.Fold(new StackThread { ThreadId = 71, Crashed = true }, [.. frames.Take(StacksLimits.ReadFrames)], frames.Length > StacksLimits.ReadFrames);
        StackDocument document = new() { Source = StackSource.Walk, Threads = [thread] };
        Assert.Equal(expected, StackSignature.Of(document));
        Assert.Equal(expected, StackSignature.Of(document with { Exception = SampleStack.Exception("System.StackOverflowException") }));
    }

    [Fact]
    public void SomeRecursionIsNoStackOverflow()
    {
        StackFrame[] frames = [.. SampleStack.Frames("libc.so.6!strlen"), .. Enumerable.Repeat(SampleStack.Frame("P.Visit()"), 60), .. SampleStack.Frames("P.Start()", "P.Main()")];
        StackThread thread = StackFolding.Fold(new StackThread { ThreadId = 71, Crashed = true }, frames, atLeast: false);
        Assert.Equal("strlen | P.Visit | P.Start", StackSignature.Of(new StackDocument { Source = StackSource.Walk, Threads = [thread] }));
    }

    [Fact]
    public void ItHasNoAddressesAndIsBounded()
    {
        string evil = new string('x', 5000) + "\u001b[31m.\ud83e\udd96\ud800";
        string signature = StackSignature.Of(SampleStack.Document(SampleStack.Exception(evil, evil + "A()", "System." + evil, evil + "B()"), evil))!;
        Assert.InRange(signature.Length, 1, StacksLimits.SignatureCharacters);
        Assert.DoesNotContain(signature, char.IsControl);
    }

    [Fact]
    public void NoNameThrows()
    {
        Random random = new(6);
        const string alphabet = "<>[]()`|+./_$@,:!~ \u001bNEStZCDIabcdgMF0123456789";
        for (int round = 0; round < 20_000; round++)
        {
            string name = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            name = random.Next(3) switch { 0 => "_ZN" + name, 1 => "P.<" + name, _ => name };
            string? signature = StackSignature.Of(SampleStack.Document(round % 2 == 0 ? null : SampleStack.Exception("P", "P." + name), "P." + name, "lib.so!" + name));
            Assert.InRange(signature?.Length ?? 0, 0, StacksLimits.SignatureCharacters);
        }
    }
}
