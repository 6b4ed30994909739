"""What leaves a widget: code, a page that needs no kernel, a still picture, a figure."""
