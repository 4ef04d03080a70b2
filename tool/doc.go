// Package tool is what a command has around it: streams, files, children, signals
// and a core. So the same command runs in its own process, with a core of its
// own ([Here]), or in the owner ("utrace serve"), on the core that everybody
// shares ([Remote]). There, whatever is neither tracing nor printing is done by
// the client's process ([Hands]): it opens files and starts programs with its
// own rights, working directory, limits and terminal, and they are its children.
//
//	func count(ctx context.Context, env *tool.Env) error {
//		core, shut, err := env.Core(tool.CoreOptions{})
//		...
//		defer shut()
//		process, err := env.Start(ctx, core, &launch.Command{Path: path}, attach)
//
// A command that is to run in both places uses nothing of packages os, os/exec
// and os/signal that is about this process.
package tool
