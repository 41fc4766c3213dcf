# The look of all figures. Every script loads this file after setting W and H (inches) and TERM and
# OUT (what to draw, and where): change it, draw again, and all figures follow.
#
#   gnuplot fig6.gp                            fig6.png
#   gnuplot -e "TERM='pdf'" fig6.gp            fig6.pdf
if (!exists("TERM")) TERM = 'png'
if (!exists("OUT")) OUT = ID . '.' . TERM
if (!exists("FONT")) FONT = 'Nimbus Sans'
if (!exists("POINTS")) POINTS = 7.0    # size of tick labels; other sizes are given where they differ

# True points at the final size: cairo lays text out at 96 dpi, hence the three scales of fonts. Lines
# of width 1 are 0.75 points and points equally large in all three.
if (!exists("DPI")) DPI = 300.0    # of PNG
if (TERM eq 'pdf') set terminal pdfcairo size W in,H in font sprintf("%s,%g", FONT, POINTS) fontscale 0.75 linewidth 1.5 enhanced
if (TERM eq 'png') set terminal pngcairo size W*DPI,H*DPI font sprintf("%s,%g", FONT, POINTS) fontscale DPI/96 linewidth DPI/96 pointscale DPI/96 enhanced background "white"
if (TERM eq 'svg') set terminal svg size W*96,H*96 font sprintf("%s,Helvetica,Arial,sans-serif,%g", FONT, POINTS) fontscale 96/72.0 linewidth 1.0 enhanced background "white"
set output OUT
PS = TERM eq 'svg' ? 1.5 : 1.0    # scale of points

# Ink and grid; left and bottom axis only.
INK = 0x262626
GREY = 0x6b6b6b
BAND = 0.15        # opacity of a spread or an interval around a line
BAR = 0.72         # opacity of an interval's bar
set encoding utf8
set border 3 lw 1.0 lc rgb INK
set tics nomirror out scale 0.35,0.2 textcolor rgb INK
set grid lt 1 lw 0.5 lc rgb 0xe6e6e6
set style fill transparent solid BAND noborder
set format '%g'    # the default has a leading blank that pushes centred labels off their ticks
set decimalsign '.'
set datafile missing 'NaN'
set datafile commentschars '#'
unset key
# Dashes that differ, equally long in every format.
D = TERM eq 'svg' ? 0.45 : 1.0
set dashtype 2 (18*D,9*D)
set dashtype 3 (4*D,6*D)
set dashtype 4 (22*D,7*D,4*D,7*D)
set dashtype 5 (36*D,10*D)
set dashtype 6 (22*D,7*D,4*D,7*D,4*D,7*D)
