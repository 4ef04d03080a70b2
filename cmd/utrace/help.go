package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpCommand prints the help of the command that is named. For cobra's own a word that
// names none is no mistake, and it knows nothing of commands that read their options
// themselves.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:                   "help [COMMAND]",
		DisableFlagsInUseLine: true, // the root adds it too late to do that
		Short:                 "Print help",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			switch {
			case err != nil:
				return misused("%w", err)
			case len(rest) != 0:
				return noCommand(root, rest[0])
			case cmd.DisableFlagParsing:
				return cmd.RunE(cmd, []string{"--help"})
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, begun string) (names []string, _ cobra.ShellCompDirective) {
			for _, cmd := range root.Commands() {
				if len(args) == 0 && cmd.IsAvailableCommand() && strings.HasPrefix(cmd.Name(), begun) {
					names = append(names, cmd.Name()+"\t"+cmd.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// noCommand says that there is none of that name, and which may be meant.
func noCommand(root *cobra.Command, name string) error {
	hint := ""
	if like := root.SuggestionsFor(name); len(like) != 0 {
		hint = "; is it " + strings.Join(like, " or ") + "?"
	}
	return misused("there is no command %q%s", name, hint)
}

// addCompletion adds cobra's command for shells' completion. For that alone a shell that it
// does not know would be no mistake.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd("completion") // with nothing else there would be none
	cmd, _, _ := root.Find([]string{"completion"})
	cmd.Use, cmd.DisableFlagsInUseLine = "completion SHELL", true
	cmd.Short = "Print a script that has a shell complete command lines: bash, zsh, fish"
	for _, shell := range cmd.Commands() {
		if shell.Name() == "powershell" {
			cmd.RemoveCommand(shell)
		}
	}
	cmd.Args, cmd.RunE = nil, func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return misused("completion for which shell? It can be bash, zsh or fish")
		}
		return misused("no completion for %q: it can be bash, zsh or fish", args[0])
	}
}

// kinds are what flags take, by their type, for people.
var kinds = map[string]string{
	"int": "a number", "uint": "a number", "intSlice": "a number, or several with commas", "float64": "a number",
	"duration": "a time with its unit, such as 500ms, 90s or 1h",
}

// flagError says in our words that a flag has a value that it cannot have: pflag names
// the functions of the standard library that have not understood it.
func flagError(_ *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		if kind := kinds[invalid.GetFlag().Value.Type()]; kind != "" {
			err = fmt.Errorf("invalid argument %q of --%s: it is %s", invalid.GetValue(), invalid.GetFlag().Name, kind)
		}
	}
	return misused("%w", err)
}
